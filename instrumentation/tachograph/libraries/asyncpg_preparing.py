"""asyncpg's statements that cannot even be prepared: each is one call that failed, though none was run.

SQLAlchemy prepares all of its statements, and cursors theirs: most errors of statements come from there.
"""

from functools import partial
from time import perf_counter_ns
from typing import Any

from .. import call as calls
from ..harmless import harmless
from ..patches import Patches
from ..wrap import Function, Switch
from . import asyncpg_readers as read


def watch_preparing(patches: Patches, connection: Any, cursor: Any) -> None:
    """Watch the connections of `asyncpg.connection`, and the cursors of `asyncpg.cursor`."""
    patches.wrap(connection.Connection, "prepare", _prepare)
    patches.wrap(cursor.Cursor, "_init", _init)
    patches.wrap(cursor.CursorFactory, "__aiter__", partial(_aiter, cursor.CursorIterator))


def _prepare(function: Function, switch: Switch) -> Function:
    async def prepare(connection: Any, *args: Any, **kwargs: Any) -> Any:
        started_ns = perf_counter_ns()
        try:
            return await function(connection, *args, **kwargs)
        except BaseException as error:
            if switch.on:
                _failed(connection, read.text_of(args, kwargs), started_ns, error, switch)
            raise

    return prepare


def _init(function: Function, switch: Switch) -> Function:
    async def init(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        started_ns = perf_counter_ns()
        try:
            return await function(cursor, *args, **kwargs)
        except BaseException as error:
            # Once it is prepared, its call tells of its errors.
            if switch.on and cursor._state is None:  # noqa: SLF001 - asyncpg tells it nowhere else
                _failed(cursor._connection, cursor._query, started_ns, error, switch)  # noqa: SLF001
            raise

    return init


def _aiter(kind: Any, function: Function, switch: Switch) -> Function:
    """Watch an iterator's first step, which prepares; from then on it is of its own class again."""

    async def first(iterator: Any) -> Any:
        iterator.__class__ = kind
        started_ns = perf_counter_ns()
        try:
            return await kind.__anext__(iterator)
        except BaseException as error:
            if switch.on and iterator._state is None:  # noqa: SLF001
                _failed(iterator._connection, iterator._query, started_ns, error, switch)  # noqa: SLF001
            raise

    watched = type(kind.__name__, (kind,), {"__slots__": (), "__anext__": first, "__module__": kind.__module__})

    def aiter_(factory: Any) -> Any:
        iterator = function(factory)
        if switch.on and iterator._state is None:  # noqa: SLF001
            iterator.__class__ = watched
        return iterator

    return aiter_


@harmless
def _failed(connection: Any, text: Any, started_ns: int, error: BaseException, switch: Switch) -> None:
    if not isinstance(text, str):
        return
    call = calls.begin(read.database_of(connection).shape(text), switch.spans)
    if call is not None:
        call.wall_ns -= call.started_ns - started_ns
        call.started_ns = started_ns
        calls.fail(call, error, read.error(error))
