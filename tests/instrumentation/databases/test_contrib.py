"""OpenTelemetry's own instrumentors of databases and caches beside ours: each call is one span, in whatever order."""

import asyncio
import importlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import psycopg
import psycopg2
import pytest
import redis
import redis.asyncio
import sqlalchemy

import tachograph
from tests.fixtures.postgres import Postgres
from tests.fixtures.redis import Redis
from tests.fixtures.sdks import installed
from tests.fixtures.telemetry import Sdk

PACKAGES = ("dbapi", "psycopg", "psycopg2", "redis", "sqlalchemy", "sqlite3")


@pytest.fixture(scope="module")
def contrib() -> Iterator[None]:
    """The packages, which pin each other: of the version that the environment has."""
    own = version("opentelemetry-instrumentation")
    requirements = (f"opentelemetry-instrumentation-{package}=={own}" for package in PACKAGES)
    folder = str(installed("contrib", "--no-deps", *requirements))
    sys.path.append(folder)
    yield
    sys.path.remove(folder)


def by_sqlite3(_postgres: Postgres, _redis: Redis) -> None:
    connection = sqlite3.connect(":memory:")
    connection.cursor().execute("SELECT 1").fetchall()
    connection.close()


def by_psycopg(postgres: Postgres, _redis: Redis) -> None:
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute("SELECT 1")


def by_async_psycopg(postgres: Postgres, _redis: Redis) -> None:
    async def main() -> None:
        async with await psycopg.AsyncConnection.connect(postgres.dsn) as connection:
            await connection.execute("SELECT 1")

    asyncio.run(main())


def by_psycopg2(postgres: Postgres, _redis: Redis) -> None:
    connection = psycopg2.connect(postgres.dsn)
    connection.cursor().execute("SELECT 1")
    connection.close()


def by_sqlalchemy(_postgres: Postgres, _redis: Redis) -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
    engine.dispose()


def by_redis(_postgres: Postgres, server: Redis) -> None:
    with redis.Redis(host=server.host, port=server.port) as client:
        client.pipeline(transaction=False).get("a").get("b").execute()


def by_async_redis(_postgres: Postgres, server: Redis) -> None:
    async def main() -> None:
        async with redis.asyncio.Redis(host=server.host, port=server.port) as client:
            await client.get("a")

    asyncio.run(main())


Application = Callable[[Postgres, Redis], None]
INSTRUMENTORS: dict[Application, tuple[str, str]] = {
    by_sqlite3: ("sqlite3", "SQLite3Instrumentor"),
    by_psycopg: ("psycopg", "PsycopgInstrumentor"),
    by_async_psycopg: ("psycopg", "PsycopgInstrumentor"),
    by_psycopg2: ("psycopg2", "Psycopg2Instrumentor"),
    by_sqlalchemy: ("sqlalchemy", "SQLAlchemyInstrumentor"),
    by_redis: ("redis", "RedisInstrumentor"),
    by_async_redis: ("redis", "RedisInstrumentor"),
}
NAMES: dict[Application, list[str]] = {by_redis: ["PIPELINE GET"], by_async_redis: ["GET"]}


@pytest.mark.usefixtures("contrib")
@pytest.mark.parametrize("first", ["ours", "theirs"])
@pytest.mark.parametrize("application", INSTRUMENTORS, ids=lambda application: application.__name__)
def test_each_call_is_one_span_and_ours(
    application: Application, first: str, postgres: Postgres, redis_server: Redis
) -> None:
    package, name = INSTRUMENTORS[application]
    theirs: Any = getattr(importlib.import_module(f"opentelemetry.instrumentation.{package}"), name)()
    sdk = Sdk()
    switch_on = [
        lambda: tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider),
        lambda: theirs.instrument(tracer_provider=sdk.tracer_provider, skip_dep_check=True),
    ]
    try:
        for switch in switch_on if first == "ours" else reversed(switch_on):
            switch()
        application(postgres, redis_server)
        ours = [span.seen.name for span in sdk.raw() if not span.seen.name.startswith(("PRAGMA", "ACQUIRE"))]
        tachograph.uninstrument()
        application(postgres, redis_server)
        texts = [span.seen.attributes for span in sdk.raw()[len(ours) :]]
    finally:
        tachograph.uninstrument()
        theirs.uninstrument()
        tachograph.shutdown()
        sdk.close()
    # What was there before ours is there again: its statements are as they were written.
    back = [told for told in texts if "SELECT 1" in told.values() or "GET ?" in str(told.get("db.statement"))]
    assert ours == NAMES.get(application, ["SELECT"])
    assert first == "ours" or len(back) == 1


@pytest.mark.usefixtures("contrib")
def test_an_engine_that_was_handed_to_theirs_before_is_ours_until_the_end(postgres: Postgres) -> None:
    theirs: Any = importlib.import_module("opentelemetry.instrumentation.sqlalchemy").SQLAlchemyInstrumentor()
    sdk = Sdk()
    engine = sqlalchemy.create_engine(postgres.dsn.replace("postgresql", "postgresql+psycopg"))

    def select() -> list[str]:
        before = len(sdk.raw())
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 7"))
        return [str(span.seen.attributes.get("db.query.text")) for span in sdk.raw()[before:]][-1:]

    def statements() -> int:
        return [span.seen.attributes.get("db.statement") for span in sdk.raw()].count("SELECT 7")

    select()
    theirs.instrument(engine=engine, tracer_provider=sdk.tracer_provider, skip_dep_check=True)
    try:
        tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
        during = select()
        before = statements()
        tachograph.uninstrument()
        select()
        after = statements()
    finally:
        tachograph.uninstrument()
        theirs.uninstrument()
        tachograph.shutdown()
        sdk.close()
        engine.dispose()
    assert (during, before, after) == (["SELECT ?"], 0, 1)
