"""Every query of every board finds data in six invented hours, whatever is chosen at the top of the board."""

from collections.abc import Iterator

import pytest

from . import boards
from .boards import Json, Query
from .conftest import Hours

BOARDS = pytest.mark.parametrize("board", boards.boards(), ids=lambda board: board["uid"])


@BOARDS
def test_every_query_finds_data_in_the_invented_hours(board: Json, hours: Hours) -> None:
    assert [str(query) for query in boards.queries(board) if not _data(query, hours)] == []


@BOARDS
def test_every_query_finds_data_for_every_value_of_every_variable(board: Json, hours: Hours) -> None:
    empty = [
        f"{name}={value}: {query}"
        for name, value in _choices(board, hours)
        for query in boards.queries(board)
        if f"${name}" in query.expression and not _data(query, hours, {name: value})
    ]
    assert empty == []


@BOARDS
def test_every_variable_offers_something_to_choose(board: Json, hours: Hours) -> None:
    offered = {name for name, _ in _choices(board, hours)}
    assert offered == set(boards.variables(board))


def _choices(board: Json, hours: Hours) -> Iterator[tuple[str, str]]:
    for name, variable in boards.variables(board).items():
        selector, label = boards.label_of(variable)
        yield from ((name, value) for value in hours.values(boards.filled(selector), label))


def _data(query: Query, hours: Hours, chosen: Json | None = None) -> bool:
    """Tell whether a query gives at least one series with a number in it."""
    expression = boards.filled(query.expression, chosen)
    if query.instant:
        return any(series["value"][1] != "NaN" for series in hours.at_the_end(expression))
    return any(value != "NaN" for series in hours.over(expression, step="300") for _, value in series["values"])
