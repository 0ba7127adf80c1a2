"""Tables of text: columns as wide as what they hold, and the less important ones left out where it is narrow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from .harmless import fitted
from .state import Row

_GAP = "  "
_FIRST_LEAST, _FIRST_NARROWEST, _NAME_LEAST, _NAME_MOST = 24, 8, 14, 48
Cell = tuple[str, str]
Key = Callable[[Row], str | float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column shows of a row, and with which style; of more columns than fit, the highest ranks go first."""

    title: str
    cell: Callable[[Row], Cell]
    key: Key
    rank: int = 0
    name: bool = False


def grid(
    columns: Sequence[Column], rows: Sequence[Row], width: int, *, chosen: int = -1, sorted_by: str = ""
) -> list[Text]:
    """Return a head and the rows in lines; the chosen row, by its place, stands out."""
    shown, widths = _fit(columns, rows, width)
    head = Text(no_wrap=True)
    for column, room in zip(shown, widths, strict=True):
        style = "bold underline" if sorted_by and column.title == sorted_by else "bold"
        head.append(fitted(column.title, room, right=not column.name), style)
        head.append(_GAP)
    return [head, *(_line(shown, widths, row, chosen=place == chosen) for place, row in enumerate(rows))]


def _line(columns: Sequence[Column], widths: Sequence[int], row: Row, *, chosen: bool) -> Text:
    line = Text(no_wrap=True, style="reverse" if chosen else "")
    for column, room in zip(columns, widths, strict=True):
        text, style = column.cell(row)
        line.append(fitted(text, room, right=not column.name), "" if chosen else style)
        line.append(_GAP)
    return line


def _fit(columns: Sequence[Column], rows: Sequence[Row], width: int) -> tuple[list[Column], list[int]]:
    """Return the columns there is room for, and how wide each is; names share what is left."""
    kept = list(columns)
    wanted = {column.title: _wanted(column, rows) for column in kept}
    while True:
        least = [_least(one, wanted[one.title], first=one is kept[0]) for one in kept]
        taken = sum(least) + len(_GAP) * (len(kept) - 1)
        optional = [one for one in kept if one.rank]
        if taken <= width or not optional:
            break
        kept.remove(max(optional, key=lambda one: one.rank))
    spare = width - taken
    if spare < 0 and kept[0].name:
        least[0] = max(_FIRST_NARROWEST, least[0] + spare)
    widths = []
    for one, room in zip(kept, least, strict=True):
        more = min(max(spare, 0), min(wanted[one.title], _NAME_MOST) - room) if one.name else 0
        spare -= more
        widths.append(room + more)
    return kept, widths


def _least(column: Column, wanted: int, *, first: bool) -> int:
    if not column.name:
        return wanted
    return min(wanted, _FIRST_LEAST if first else _NAME_LEAST)


def _wanted(column: Column, rows: Sequence[Row]) -> int:
    return max((cell_len(column.title), *(cell_len(column.cell(row)[0]) for row in rows)))
