"""psycopg 3, sync and async: statements, server-side cursors, streams, COPY and transactions."""

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from .. import call as calls
from ..databases.drivers import measured
from ..databases.plans import wanted_at_all
from ..databases.rows import affected, returned
from ..databases.steps import Steps
from ..databases.transactions import Control
from ..harmless import harmless
from ..model import Call, Library, RequestReader
from ..patches import Elsewhere, Patches
from ..telemetry.hub import HUB
from ..wrap import Function, Switch
from . import psycopg_readers as read
from .psycopg_plans import async_explained, explained
from .psycopg_transactions import owner_of, watch_transactions

_SERVER_CURSORS: "WeakKeyDictionary[Any, Steps]" = WeakKeyDictionary()


def _install(patches: Patches) -> None:
    statements = patches.wrap(psycopg.Cursor, "execute", _execute)
    measured("psycopg", statements)
    switches = [statements, *(patches.wrap(owner, name, make) for owner, name, make in _METHODS)]
    # What the sync and the async classes share are generators that talk to the server.
    for name, make in (("_declare_gen", _declare), ("_fetch_gen", _fetch), ("_close_gen", _close)):
        switches.append(patches.wrap(owner_of(psycopg.ServerCursor, name), name, make))
    watch_transactions(patches)
    # Others have connections make cursors of their own.
    for owner in (psycopg, psycopg.Connection, psycopg.AsyncConnection):
        patches.add(Elsewhere(owner, "connect", switches))


def _begun(
    cursor: Any, switch: Switch, args: tuple[Any, ...], kwargs: dict[str, Any], request: RequestReader = read.statement
) -> Steps:
    return (_measured(cursor, switch, args, kwargs, request) if switch.on else None) or Steps()


@harmless
def _measured(
    cursor: Any, switch: Switch, args: tuple[Any, ...], kwargs: dict[str, Any], request: RequestReader
) -> Steps | None:
    shape = request(cursor, args, kwargs)
    call = None if shape is None else calls.begin(shape, switch.spans)
    if call is not None and request is read.batch:
        calls.annotate(call, read.batch_size(cursor, args, kwargs))
    return Steps(call)


def _execute(function: Function, switch: Switch) -> Function:
    def execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        run = _started(cursor, switch, args, kwargs) if switch.on else None
        if run is None:
            return function(cursor, *args, **kwargs)
        try:
            result = function(cursor, *args, **kwargs)
        except BaseException as error:
            _failed(run, error)
            raise
        _ended(run, cursor)
        return result

    return explained(execute, switch) if wanted_at_all() else execute


def _async_execute(function: Function, switch: Switch) -> Function:
    async def execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        run = _started(cursor, switch, args, kwargs) if switch.on else None
        if run is None:
            return await function(cursor, *args, **kwargs)
        try:
            result = await function(cursor, *args, **kwargs)
        except BaseException as error:
            _failed(run, error)
            raise
        _ended(run, cursor)
        return result

    return async_explained(execute, switch) if wanted_at_all() else execute


@harmless
def _started(cursor: Any, switch: Switch, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | Control | None:
    text = read.text_of(cursor, args, kwargs)
    if text is None:
        return None
    connection = cursor.connection
    database = read.database_of(connection)
    shape = database.shape(text)
    kind = shape.statement.transaction
    if shape.search is not None:
        shape = shape.search.shape(args[1] if len(args) > 1 else kwargs.get("params"))
    return calls.begin(shape, switch.spans) if kind is None else Control(connection, database, kind)


def _ended(run: Call | Control, cursor: Any) -> None:
    try:
        if isinstance(run, Call):
            calls.finish(run, read.result(cursor))
        else:
            run.ran(cursor.statusmessage)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("psycopg.Cursor.execute")
        _unread(run)


@harmless
def _failed(run: Call | Control, error: BaseException) -> None:
    if isinstance(run, Control):
        run.fail(error)
    else:
        calls.fail(run, error, read.error(error))


@harmless
def _unread(run: Call | Control) -> None:
    if isinstance(run, Call):
        calls.finish(run)


def _executemany(function: Function, switch: Switch) -> Function:
    def executemany(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        steps = _begun(cursor, switch, args, kwargs, read.batch)
        try:
            result = function(cursor, *args, **kwargs)
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        _ended_many(steps, cursor)
        return result

    return executemany


def _async_executemany(function: Function, switch: Switch) -> Function:
    async def executemany(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        steps = _begun(cursor, switch, args, kwargs, read.batch)
        try:
            result = await function(cursor, *args, **kwargs)
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        _ended_many(steps, cursor)
        return result

    return executemany


@harmless
def _ended_many(steps: Steps, cursor: Any) -> None:
    steps.end(read.results(cursor))


def _stream(function: Function, switch: Switch) -> Function:
    def stream(cursor: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        steps, rows = _begun(cursor, switch, args, kwargs), function(cursor, *args, **kwargs)
        try:
            for row in rows:
                steps.pause(1)
                yield row
                steps.resume()
        except GeneratorExit:
            rows.close()
            raise
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        finally:
            steps.end()

    return stream


def _async_stream(function: Function, switch: Switch) -> Function:
    async def stream(cursor: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        steps, rows = _begun(cursor, switch, args, kwargs), function(cursor, *args, **kwargs)
        try:
            async for row in rows:
                steps.pause(1)
                yield row
                steps.resume()
        except GeneratorExit:
            await rows.aclose()
            raise
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        finally:
            steps.end()

    return stream


def _copy(function: Function, switch: Switch) -> Function:
    @contextmanager
    def copy(cursor: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        steps = _begun(cursor, switch, args, kwargs)
        try:
            with function(cursor, *args, **kwargs) as copied:
                yield copied
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        _copied(cursor, steps)

    return copy


def _async_copy(function: Function, switch: Switch) -> Function:
    @asynccontextmanager
    async def copy(cursor: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        steps = _begun(cursor, switch, args, kwargs)
        try:
            async with function(cursor, *args, **kwargs) as copied:
                yield copied
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        _copied(cursor, steps)

    return copy


@harmless
def _copied(cursor: Any, steps: Steps) -> None:
    if steps.call is not None:
        out = "STDOUT" in str(steps.call.shape.attributes).upper()
        steps.end(returned(cursor.rowcount) if out else affected(cursor.rowcount))


def _declare(function: Function, switch: Switch) -> Function:
    def declare(cursor: Any, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        steps = _begun(cursor, switch, args, kwargs)
        try:
            result = yield from function(cursor, *args, **kwargs)
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        steps.pause()
        _SERVER_CURSORS[cursor] = steps
        return result

    return declare


def _fetch(function: Function, _switch: Switch) -> Function:
    def fetch(cursor: Any, number: int | None, *args: Any) -> Generator[Any, Any, Any]:
        steps = _SERVER_CURSORS.get(cursor)
        if steps is None:
            return (yield from function(cursor, number, *args))
        steps.resume()
        try:
            rows = yield from function(cursor, number, *args)
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        steps.pause(len(rows))
        if number is None or len(rows) < number:
            steps.end()
        return rows

    return fetch


def _close(function: Function, _switch: Switch) -> Function:
    def close(cursor: Any) -> Generator[Any, Any, Any]:
        steps = _SERVER_CURSORS.pop(cursor, None)
        if steps is not None:
            steps.end()
        return (yield from function(cursor))

    return close


_METHODS = (
    (psycopg.AsyncCursor, "execute", _async_execute),
    (psycopg.Cursor, "executemany", _executemany),
    (psycopg.AsyncCursor, "executemany", _async_executemany),
    (psycopg.Cursor, "stream", _stream),
    (psycopg.AsyncCursor, "stream", _async_stream),
    (psycopg.Cursor, "copy", _copy),
    (psycopg.AsyncCursor, "copy", _async_copy),
)
LIBRARY = Library("psycopg", install=_install)
