"""psycopg 3, sync and async: statements, server-side cursors, streams, COPY and transactions."""

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from .. import call as calls
from ..databases import transactions
from ..databases.drivers import measured
from ..databases.rows import affected, returned
from ..databases.steps import Steps
from ..harmless import harmless
from ..model import Endpoint, Library, RequestReader
from ..patches import Patches
from ..wrap import Function, Switch
from . import psycopg_readers as read

_SERVER_CURSORS: "WeakKeyDictionary[Any, Steps]" = WeakKeyDictionary()


def _install(patches: Patches) -> None:
    measured("psycopg", patches.wrap(psycopg.Cursor, "executemany", _executemany))
    patches.wrap(psycopg.AsyncCursor, "executemany", _async_executemany)
    patches.wrap(psycopg.Cursor, "stream", _stream)
    patches.wrap(psycopg.AsyncCursor, "stream", _async_stream)
    patches.wrap(psycopg.Cursor, "copy", _copy)
    patches.wrap(psycopg.AsyncCursor, "copy", _async_copy)
    # What the sync and the async classes share are generators that talk to the server.
    patches.wrap(_owner(psycopg.ServerCursor, "_declare_gen"), "_declare_gen", _declare)
    patches.wrap(_owner(psycopg.ServerCursor, "_fetch_gen"), "_fetch_gen", _fetch)
    patches.wrap(_owner(psycopg.ServerCursor, "_close_gen"), "_close_gen", _close)
    patches.wrap(_owner(psycopg.Connection, "_get_tx_start_command"), "_get_tx_start_command", _begins)
    patches.wrap(_owner(psycopg.Connection, "_commit_gen"), "_commit_gen", _commits)
    patches.wrap(_owner(psycopg.Connection, "_rollback_gen"), "_rollback_gen", _rolls_back)
    patches.wrap(_owner(psycopg.Transaction, "_exit_gen"), "_exit_gen", _exits)


def _owner(kind: type, name: str) -> type:
    return next(each for each in kind.__mro__ if name in vars(each))


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


def _executemany(function: Function, switch: Switch) -> Function:
    def executemany(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        steps = _begun(cursor, switch, args, kwargs, read.batch)
        try:
            result = function(cursor, *args, **kwargs)
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        steps.end(affected(cursor.rowcount))
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
        steps.end(affected(cursor.rowcount))
        return result

    return executemany


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


def _begins(function: Function, switch: Switch) -> Function:
    def command(connection: Any) -> Any:
        if switch.on:
            _begin(connection)
        return function(connection)

    return command


@harmless
def _begin(connection: Any) -> None:
    transactions.begin(connection, read.database_of(connection))


def _commits(function: Function, _switch: Switch) -> Function:
    def commit(connection: Any) -> Generator[Any, Any, Any]:
        try:
            result = yield from function(connection)
        except BaseException:
            transactions.end(connection, "failed")
            raise
        transactions.end(connection, "commit")
        return result

    return commit


def _rolls_back(function: Function, _switch: Switch) -> Function:
    def rollback(connection: Any) -> Generator[Any, Any, Any]:
        try:
            return (yield from function(connection))
        finally:
            transactions.end(connection, "rollback")

    return rollback


def _exits(function: Function, _switch: Switch) -> Function:
    def exit_block(transaction: Any, kind: Any, error: Any, traceback: Any) -> Generator[Any, Any, Any]:
        outermost = transaction._outer_transaction  # noqa: SLF001 - psycopg tells it nowhere else
        ending: transactions.Ending = "rollback" if error is not None or transaction.force_rollback else "commit"
        try:
            result = yield from function(transaction, kind, error, traceback)
        except BaseException:
            ending = "failed" if ending == "commit" else ending
            raise
        finally:
            if outermost:
                transactions.end(transaction.connection, ending)
        return result

    return exit_block


LIBRARY = Library(
    "psycopg",
    tuple(
        Endpoint(f"{owner}.execute", read.statement, read.result, error=read.error)
        for owner in ("psycopg.cursor:Cursor", "psycopg.cursor_async:AsyncCursor")
    ),
    _install,
)
