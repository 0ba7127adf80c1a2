"""Hostile statements: whatever it is, the application gets what its driver gives it, and no literal leaves."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg
import psycopg2
import pytest
import sqlalchemy

import tachograph
from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import seeing

HOSTILE: tuple[Any, ...] = (
    "",
    " \n\t",
    ";",
    " ; ;",
    # What OpenTelemetry's dbapi raises an IndexError for, in the application.
    "-- secret",
    "/* secret",
    "/* secret /* secret */ more */ SELECT 1",
    "SELECT 'secret",
    'SELECT "secret',
    "SELECT $$secret",
    "SELECT $tag$secret$tag $tag$ AS a",
    "SELECT 'secret' '",
    "SELECT '''secret', 'it''s'",
    "SELECT E'\\'secret'",
    "SELECT 1; SELECT 'secret'",
    "SELECT 1 -- ? %s $1 :a",
    "SELECT '%s' || '%'",
    "SELECT '" + "secret" * 170_000 + "'",
    "SELECT " + "1," * 1_000 + "1",
    "SELECT " + "(" * 900 + "1" + ")" * 900,
    "(" * 900,
    "SELECT 'secret\x00'",
    "SELECT 'secret \udc80'",
    "\ufeffSELECT 'secret'",
    "select\u00a01",
    "EXPLAIN SELECT 'secret'",
    "WITH a AS (SELECT 'secret' AS b) SELECT * FROM a ORDER BY b LIMIT 1",
    "VALUES ('secret')",
    b"SELECT 'secret'",
    bytearray(b"SELECT 'secret'"),
    1,
    None,
)


def each(run: Callable[[Any], Any]) -> list[tuple[str, Any]]:
    """Return what comes of each statement: rows, or the error's class and text."""

    def one(statement: Any) -> tuple[str, Any]:
        try:
            return "rows", run(statement)
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            return type(error).__qualname__, str(error)

    return [one(statement) for statement in HOSTILE]


def by_sqlite3(_postgres: Postgres) -> Any:
    # By a name of its own: statements that were slow here are followed from now on.
    connection = sqlite3.connect("file:hostile?mode=memory", uri=True)
    return each(lambda statement: connection.execute(statement).fetchall())


def by_psycopg(postgres: Postgres) -> Any:
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        return each(lambda statement: connection.execute(statement).fetchall())


def by_psycopg2(postgres: Postgres) -> Any:
    connection = psycopg2.connect(postgres.dsn)
    connection.autocommit = True

    def run(statement: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    try:
        return each(run)
    finally:
        connection.close()


def by_asyncpg(postgres: Postgres) -> Any:
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(postgres.dsn))
        try:
            return each(lambda statement: [tuple(row) for row in runner.run(connection.fetch(statement))])
        finally:
            runner.run(connection.close())


def by_sqlalchemy(_postgres: Postgres) -> Any:
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect("file:hostile?mode=memory", uri=True)
    )
    with engine.connect() as connection:
        found = each(lambda statement: [tuple(row) for row in connection.exec_driver_sql(statement)])
    engine.dispose()
    return found


@pytest.mark.parametrize(
    "driver",
    [by_sqlite3, by_psycopg, by_psycopg2, by_asyncpg, by_sqlalchemy],
    ids=lambda driver: driver.__name__.removeprefix("by_"),
)
def test_the_application_gets_what_it_would_without_us(
    driver: Callable[[Postgres], Any], postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All that there is, plans too, for every statement.
    monkeypatch.setenv("TACHOGRAPH_DB_SLOW_SECONDS", "0.000000001")
    monkeypatch.setenv("TACHOGRAPH_DB_EXPLAIN", "true")
    monkeypatch.setenv("TACHOGRAPH_DB_TRANSACTIONS", "true")
    without = driver(postgres)
    failures = tachograph.status().failures
    with seeing("lean") as telemetry:
        measured = driver(postgres)
        told = f"{telemetry.spans}{telemetry.series}"
    assert (measured, tachograph.status().failures - failures, "secret" in told) == (without, 0, False)
