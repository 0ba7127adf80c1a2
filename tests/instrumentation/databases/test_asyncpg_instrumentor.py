"""asyncpg on opentelemetry-instrumentation-asyncpg, beside it, and without it: each call is counted once."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import asyncpg.connection
import asyncpg.cursor
import asyncpg.prepared_stmt
import pytest
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor

import tachograph
from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Sdk, Seeing
from tests.instrumentation.databases.expected import Where, expected, told

Instrumentor: Any = AsyncPGInstrumentor  # has no types
METHODS = [
    (asyncpg.connection.Connection, ("execute", "executemany", "fetch", "fetchval", "fetchrow")),
    (asyncpg.cursor.BaseCursor, ("_bind", "_bind_exec", "_exec", "__del__")),
    (asyncpg.cursor.Cursor, ("fetch", "forward", "fetchrow")),
    (asyncpg.cursor.CursorIterator, ("__anext__",)),
    (asyncpg.prepared_stmt.PreparedStatement, ("fetch", "fetchval", "fetchrow", "executemany")),
]
SELECT = "SELECT n FROM generate_series(1, 3) n"


def methods() -> list[Any]:
    return [vars(owner)[name] for owner, names in METHODS for name in names]


async def application(dsn: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(query="SELECT 'secret'")
        prepared = await (await connection.prepare(SELECT)).fetch()
        async with connection.transaction():
            found = [row["n"] async for row in connection.cursor(SELECT)]
        return len(rows), len(prepared), found
    finally:
        await connection.close()


def calls(postgres: Postgres) -> Any:
    database = Where("postgresql", postgres.database, postgres.host, postgres.port)
    series = "SELECT n FROM generate_series(?, ?) n"
    select = database.call("SELECT generate_series", series, operation="SELECT", returned=3)
    return expected(database.call("SELECT", "SELECT ?", returned=1), select, select)


@pytest.fixture
def sdk() -> Iterator[Sdk]:
    """The application's own providers, which both instrumentations are given."""
    sdk = Sdk()
    yield sdk
    tachograph.uninstrument()
    tachograph.shutdown()
    sdk.close()


def test_one_that_was_on_before_gives_way_and_comes_back(postgres: Postgres, sdk: Sdk) -> None:
    bare = methods()
    theirs = Instrumentor()
    theirs.instrument(tracer_provider=sdk.tracer_provider)
    try:
        with_theirs = methods()
        tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
        answer = asyncio.run(application(postgres.dsn))
        spans, points = told(Seeing("sdk", sdk))
        tachograph.uninstrument()
        back = [type(now) is type(before) for now, before in zip(methods(), with_theirs, strict=True)]
        asyncio.run(one_select(postgres.dsn))
        names = [span.seen.name for span in sdk.raw()][len(spans) :]
    finally:
        theirs.uninstrument()
    assert (answer, (spans, points), all(back), names, methods() == bare) == (
        (1, 3, [1, 2, 3]),
        calls(postgres),
        True,
        ["SELECT"],
        True,
    )


def test_one_that_is_turned_on_later_adds_nothing(
    postgres: Postgres, sdk: Sdk, caplog: pytest.LogCaptureFixture
) -> None:
    bare = methods()
    tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
    Instrumentor().instrument(tracer_provider=sdk.tracer_provider)
    answer = asyncio.run(application(postgres.dsn))
    what = told(Seeing("sdk", sdk))
    tachograph.uninstrument()
    assert (answer, what, [record.message for record in caplog.records], methods() == bare) == (
        (1, 3, [1, 2, 3]),
        calls(postgres),
        ["Attempting to instrument while already instrumented"],
        True,
    )


def test_all_is_measured_without_that_package_too(
    postgres: Postgres, sdk: Sdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = methods()
    # An import of it fails as it does where it is not installed.
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.asyncpg", None)
    tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
    answer = asyncio.run(application(postgres.dsn))
    what = told(Seeing("sdk", sdk))
    tachograph.uninstrument()
    assert (answer, what, methods() == bare) == ((1, 3, [1, 2, 3]), calls(postgres), True)


async def one_select(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.fetch("SELECT 1")
    await connection.close()
