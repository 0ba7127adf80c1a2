"""asyncpg's plans: a slow SELECT is explained on its own connection, before its result is handed on."""

import asyncio
from typing import Any

import opentelemetry.context as otel

from ..databases import plans
from ..harmless import harmless
from ..sql.plan import postgresql_plan
from ..telemetry.hub import HUB
from ..wrap import Function, Switch
from .asyncpg_readers import database_of, text_of

_SECONDS = (plans.STATEMENT_MILLISECONDS + plans.LOCK_MILLISECONDS) / 1000


def explained(method: Function, switch: Switch) -> Function:
    """Return a measured method of a connection that explains what was slow."""

    async def run_and_explain(connection: Any, *args: Any, **kwargs: Any) -> Any:
        result = await method(connection, *args, **kwargs)
        wanted = _wanted(connection, text_of(args, kwargs), switch)
        if wanted is not None:
            await _explain(connection, text_of(args, kwargs), args[1:], wanted)
        return result

    return run_and_explain


def explained_prepared(method: Function, switch: Switch) -> Function:
    """Return a measured method of a prepared statement that explains what was slow."""

    async def run_and_explain(statement: Any, *args: Any, **kwargs: Any) -> Any:
        result = await method(statement, *args, **kwargs)
        connection, text = statement._connection, statement._query  # noqa: SLF001
        wanted = _wanted(connection, text, switch)
        if wanted is not None:
            await _explain(connection, text, args, wanted)
        return result

    return run_and_explain


@harmless
def _wanted(connection: Any, text: Any, switch: Switch) -> plans.Wanted | None:
    if not switch.on or not isinstance(text, str):
        return None
    return plans.wanted(database_of(connection).statement(text))


async def _explain(connection: Any, text: str, args: tuple[Any, ...], wanted: plans.Wanted) -> None:
    token = otel.attach(otel.set_value("suppress_instrumentation", True))  # noqa: FBT003 - OpenTelemetry's signature
    try:
        plans.tell(wanted, postgresql_plan(await _explaining(connection, text, args)))
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("an EXPLAIN")
    finally:
        otel.detach(token)


async def _explaining(connection: Any, text: str, args: tuple[Any, ...]) -> Any:
    protocol = connection._protocol  # noqa: SLF001 - what the application calls is measured and has its own transactions
    frame = plans.WITHIN if connection.is_in_transaction() else plans.ALONE
    try:
        await protocol.query(frame.opening, _SECONDS)
        # A statement of its own, so that none of the application's leaves the cache for it.
        statement = await connection.prepare(plans.EXPLAIN + text, timeout=_SECONDS)
        return await statement.fetchval(*args, timeout=_SECONDS)
    finally:
        await _closed(asyncio.ensure_future(protocol.query(frame.closing, _SECONDS)))


async def _closed(closing: "asyncio.Future[Any]") -> None:
    """Wait for the frame's end; a call that is cancelled meanwhile leaves the connection free before it goes."""
    cancelled: asyncio.CancelledError | None = None
    while not closing.done():
        try:
            await asyncio.wait((closing,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        closing.exception()
        raise cancelled
    closing.result()
