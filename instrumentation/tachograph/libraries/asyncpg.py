"""asyncpg: statements of connections and of prepared statements, COPY, cursors, transactions and pools."""

from functools import partial
from typing import Any

import asyncpg.connection
import asyncpg.cursor
import asyncpg.pool
import asyncpg.prepared_stmt
import asyncpg.utils
import opentelemetry.context as otel

from .. import call as calls
from ..databases import transactions
from ..databases.database import statements
from ..databases.drivers import measured as measured_driver
from ..databases.plans import wanted_at_all
from ..databases.steps import Steps
from ..harmless import harmless
from ..model import Endpoint, Library
from ..patches import Patches
from ..wrap import Function, Switch, leaf
from . import asyncpg_readers as read
from .asyncpg_cursors import watch_cursors
from .asyncpg_instrumentor import Instrumentation, instrumentor
from .asyncpg_plans import explained, explained_prepared
from .asyncpg_pools import watch_pools
from .asyncpg_preparing import watch_preparing

_CONNECTION = {
    "execute": Endpoint("asyncpg.connection:Connection.execute", read.statement, read.status, error=read.error),
    "fetch": Endpoint("asyncpg.connection:Connection.fetch", read.statement, read.rows, error=read.error),
    "fetchrow": Endpoint("asyncpg.connection:Connection.fetchrow", read.statement, read.row, error=read.error),
    "fetchval": Endpoint("asyncpg.connection:Connection.fetchval", read.statement, read.value, error=read.error),
    "executemany": Endpoint(
        "asyncpg.connection:Connection.executemany", read.batch, details=read.batch_size, error=read.error
    ),
    "fetchmany": Endpoint(
        "asyncpg.connection:Connection.fetchmany", read.batch, read.rows, details=read.batch_size, error=read.error
    ),
}
_PREPARED = {
    "fetch": Endpoint("asyncpg.prepared_stmt:PreparedStatement.fetch", read.prepared, read.rows, error=read.error),
    "fetchrow": Endpoint("asyncpg.prepared_stmt:PreparedStatement.fetchrow", read.prepared, read.row, error=read.error),
    "fetchval": Endpoint(
        "asyncpg.prepared_stmt:PreparedStatement.fetchval", read.prepared, read.value, error=read.error
    ),
    "executemany": Endpoint(
        "asyncpg.prepared_stmt:PreparedStatement.executemany",
        read.prepared_batch,
        details=read.prepared_batch_size,
        error=read.error,
    ),
    "fetchmany": Endpoint(
        "asyncpg.prepared_stmt:PreparedStatement.fetchmany",
        read.prepared_batch,
        read.rows,
        details=read.prepared_batch_size,
        error=read.error,
    ),
}
_COPIES = (
    Endpoint("asyncpg.connection:Connection.copy_from_table", read.copied_table, read.status_out, error=read.error),
    Endpoint("asyncpg.connection:Connection.copy_from_query", read.copied_query, read.status_out, error=read.error),
    Endpoint("asyncpg.connection:Connection.copy_to_table", read.copied_into, read.status, error=read.error),
    Endpoint("asyncpg.connection:Connection.copy_records_to_table", read.copied_into, read.status, error=read.error),
)


def _install(patches: Patches) -> None:
    found = instrumentor()
    before: dict[tuple[Any, str], Any] = {}
    if found is not None:
        instrumentation = Instrumentation(found, asyncpg.cursor)
        patches.add(instrumentation)
        before = {(owner, name): vars(owner)[name] for owner, endpoints in _owners() for name in endpoints}
        instrumentation.begin(*(_methods(owner, endpoints, instrumentation.switch) for owner, endpoints in _owners()))
    for owner, endpoints in _owners():
        for name, endpoint in endpoints.items():
            if before.get((owner, name), vars(owner)[name]) is vars(owner)[name]:
                patches.wrap(owner, name, partial(_method, endpoint))
    measured_driver("asyncpg", patches.wrap(asyncpg.utils, "_mogrify", _suppressed))
    watch_cursors(patches, asyncpg.cursor)
    watch_preparing(patches, asyncpg.connection, asyncpg.cursor)
    watch_pools(patches, asyncpg.pool)
    patches.wrap(asyncpg.connection.Connection, "_cleanup", _closed)


def _owners() -> tuple[tuple[Any, dict[str, Endpoint]], ...]:
    owners = ((asyncpg.connection.Connection, _CONNECTION), (asyncpg.prepared_stmt.PreparedStatement, _PREPARED))
    return tuple(
        (owner, {name: endpoint for name, endpoint in endpoints.items() if hasattr(owner, name)})
        for owner, endpoints in owners
    )


def _methods(owner: Any, endpoints: dict[str, Endpoint], switch: Switch) -> dict[str, Function]:
    return {name: _method(endpoint, getattr(owner, name), switch) for name, endpoint in endpoints.items()}


def _method(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    method = leaf(endpoint, function, switch)
    if endpoint is _CONNECTION["execute"]:
        method = _execute(method, function, switch)
    elif endpoint is _PREPARED["fetch"]:
        method = _fetch(function, switch)
    if not wanted_at_all() or endpoint.details is not None:
        return method
    return (explained if endpoint in _CONNECTION.values() else explained_prepared)(method, switch)


def _execute(method: Function, function: Function, switch: Switch) -> Function:
    """Measure what `execute` runs, but for what asyncpg runs on its own: a transaction's control, a pool's reset."""
    known = statements("postgresql")

    async def execute(connection: Any, *args: Any, **kwargs: Any) -> Any:
        text = read.text_of(args, kwargs)
        if not switch.on or not isinstance(text, str) or text == connection._reset_query:  # noqa: SLF001
            return await function(connection, *args, **kwargs)
        kind = known.of(text).transaction
        if kind is None:
            return await method(connection, *args, **kwargs)
        control = transactions.Control(connection, read.database_of(connection), kind)
        try:
            result = await function(connection, *args, **kwargs)
        except BaseException as error:
            control.fail(error)
            raise
        control.ran(result)
        return result

    return execute


def _fetch(function: Function, switch: Switch) -> Function:
    """Measure a prepared statement, which tells after `fetch` too how many rows it changed."""

    async def fetch(statement: Any, *args: Any, **kwargs: Any) -> Any:
        steps = begun(statement, args, kwargs) if switch.on else None
        if steps is None:
            return await function(statement, *args, **kwargs)
        try:
            rows = await function(statement, *args, **kwargs)
        except BaseException as error:
            steps.fail(error, read.error(error))
            raise
        steps.end(read.prepared_rows(statement, rows))
        return rows

    @harmless
    def begun(statement: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Steps:
        return Steps(calls.begin(read.prepared(statement, args, kwargs), switch.spans))

    return fetch


def _closed(function: Function, _switch: Switch) -> Function:
    def close(connection: Any) -> None:
        function(connection)
        transactions.end(connection, "rollback")

    return close


def _suppressed(function: Function, _switch: Switch) -> Function:
    """Measure nothing in there: asyncpg asks the server to quote a COPY's arguments."""

    async def suppressed(*args: Any, **kwargs: Any) -> Any:
        token = otel.attach(otel.set_value("suppress_instrumentation", True))  # noqa: FBT003 - OpenTelemetry's signature
        try:
            return await function(*args, **kwargs)
        finally:
            otel.detach(token)

    return suppressed


LIBRARY = Library("asyncpg", _COPIES, _install)
