"""Runs in a process and environment of its own: measures a driver's calls, and says what CPU time each took.

Arguments: the instrumentation, the scenario, the OTLP endpoint, "export" or "keep", and PostgreSQL's address.
"""

import sys
from typing import Any

from benchmarks import inside

_STATEMENT = "SELECT 1"
_CONNECTIONS = 8


def asyncpg(dsn: str) -> inside.Batch:
    """Run a statement on each of asyncpg's connections and fetch its row, so that the loop need not sleep."""
    import asyncio

    import asyncpg as driver

    async def connect() -> list[Any]:
        return [await driver.connect(dsn) for _ in range(_CONNECTIONS)]

    async def repeat(connection: Any, calls: int) -> None:
        for _ in range(calls):
            await connection.fetch(_STATEMENT)

    async def many(calls: int) -> None:
        await asyncio.gather(*(repeat(connection, calls // _CONNECTIONS) for connection in connections))

    runner = asyncio.Runner()
    connections = runner.run(connect())
    return lambda calls: runner.run(many(calls))


def psycopg(dsn: str) -> inside.Batch:
    """Run a statement on psycopg's cursor and fetch its row."""
    import psycopg as driver

    cursor = driver.connect(dsn, autocommit=True).cursor()
    return inside.repeated(lambda: cursor.execute(_STATEMENT).fetchall())


def sqlite3(_dsn: str) -> inside.Batch:
    """Run a statement on sqlite3's cursor and fetch its row."""
    import sqlite3 as driver

    cursor = driver.connect(":memory:").cursor()
    return inside.repeated(lambda: cursor.execute(_STATEMENT).fetchall())


def opentelemetry(endpoint: str, *, sends: bool) -> inside.Flush:
    """Turn on OpenTelemetry's own."""
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor

    instrumentors = (AsyncPGInstrumentor(), PsycopgInstrumentor(), SQLite3Instrumentor())
    return inside.opentelemetry(instrumentors, endpoint, sends=sends)


_MAKES: Any = {
    "bare": lambda _endpoint, sends: inside.nothing,  # noqa: ARG005 - nothing is sent
    "opentelemetry": opentelemetry,
    "ddtrace": lambda endpoint, sends: inside.ddtrace(("asyncpg", "psycopg", "sqlite3"), endpoint),  # noqa: ARG005
    "tachograph_lean": inside.tachograph_lean,
    "tachograph_providers": inside.tachograph_providers,
}
_SCENARIOS = {"asyncpg": asyncpg, "psycopg": psycopg, "sqlite3": sqlite3}


def main(make: str, scenario: str, endpoint: str, mode: str, dsn: str) -> None:
    """Serve rounds until the input ends."""
    sends = mode == "export"

    def start() -> tuple[inside.Batch, inside.Flush]:
        flush = _MAKES[make](endpoint, sends=sends)
        return _SCENARIOS[scenario](dsn), flush

    inside.serve(start, sends=sends)


if __name__ == "__main__":
    main(*sys.argv[1:])
