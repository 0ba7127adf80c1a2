"""psycopg 3's plans: a slow SELECT is explained on its own connection, below all that the application has set there."""

from collections.abc import Generator
from typing import Any

from psycopg import generators
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus

from ..databases import plans
from ..harmless import harmless
from ..sql.plan import Plan, postgresql_plan
from ..telemetry.hub import HUB
from ..wrap import Function, Switch
from .psycopg_readers import database_of, statement_of, text_of

_FRAMES = {TransactionStatus.IDLE: plans.ALONE, TransactionStatus.INTRANS: plans.WITHIN}


def explained(execute: Function, switch: Switch) -> Function:
    """Return a measured `Cursor.execute` that explains what was slow."""

    def execute_and_explain(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        result = execute(cursor, *args, **kwargs)
        wanted = _wanted(cursor, switch, args, kwargs)
        if wanted is not None:
            _explain(cursor, args, kwargs, wanted)
        return result

    return execute_and_explain


def async_explained(execute: Function, switch: Switch) -> Function:
    """Return a measured `AsyncCursor.execute` that explains what was slow."""

    async def execute_and_explain(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        result = await execute(cursor, *args, **kwargs)
        wanted = _wanted(cursor, switch, args, kwargs)
        if wanted is not None:
            await _async_explain(cursor, args, kwargs, wanted)
        return result

    return execute_and_explain


@harmless
def _wanted(cursor: Any, switch: Switch, args: tuple[Any, ...], kwargs: dict[str, Any]) -> plans.Wanted | None:
    text = text_of(cursor, args, kwargs) if switch.on else None
    return None if text is None else plans.wanted(database_of(cursor.connection).statement(text))


@harmless
def _explain(cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wanted: plans.Wanted) -> None:
    connection = cursor.connection
    # Whoever holds the lock has something to do that matters more.
    if connection.lock.acquire(blocking=False):
        try:
            plans.tell(wanted, connection.wait(_explaining(cursor, args, kwargs)))
        finally:
            connection.lock.release()


async def _async_explain(cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any], wanted: plans.Wanted) -> None:
    try:
        connection = cursor.connection
        if not connection.lock.locked():
            async with connection.lock:
                plans.tell(wanted, await connection.wait(_explaining(cursor, args, kwargs)))
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("an EXPLAIN")


def _explaining(cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Generator[Any, Any, Plan | None]:
    """Explain, as psycopg's own generators talk to the server; errors of the server's are results here."""
    pgconn = cursor.connection.pgconn
    frame = _FRAMES.get(pgconn.transaction_status)
    if frame is None or pgconn.pipeline_status != PipelineStatus.OFF:
        return None
    parameters = args[1] if len(args) > 1 else kwargs.get("params")
    query = cursor._convert_query(statement_of(args, kwargs), parameters)  # noqa: SLF001 - as the application's was sent
    plan, error = None, None
    try:
        pgconn.send_query(frame.opening.encode())
        yield from generators.execute(pgconn)
        plan = yield from _explained(pgconn, query)
    except Exception as raised:  # noqa: BLE001 - it is raised again, when what was opened is closed
        error = raised
    pgconn.send_query(frame.closing.encode())
    yield from generators.execute(pgconn)
    if error is not None:
        raise error
    return plan


def _explained(pgconn: Any, query: Any) -> Generator[Any, Any, Plan | None]:
    text = plans.EXPLAIN.encode() + query.query
    if query.types:
        pgconn.send_query_params(text, query.params, param_types=query.types, param_formats=query.formats)
    else:
        pgconn.send_query(text)
    *_, last = yield from generators.execute(pgconn)
    return postgresql_plan(last.get_value(0, 0)) if last.status == ExecStatus.TUPLES_OK else None
