"""psycopg 3 on a real PostgreSQL, sync and async: every way to run a statement is one span and one point."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Seeing
from tests.instrumentation.databases.expected import expected, named, told
from tests.instrumentation.databases.notes import FILL, SETUP, setting_up, where

SELECT = "SELECT id FROM notes WHERE id > %s"
INSERT = "INSERT INTO notes VALUES (%s, %s)"
NOTES: dict[str, Any] = {"collection": "notes"}
Application = Callable[[Any], Any]


def run(postgres: Postgres, application: Application) -> Any:
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute(SETUP)
        connection.execute(FILL)
        return application(connection)


def run_async(postgres: Postgres, application: Callable[[Any], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with await psycopg.AsyncConnection.connect(postgres.dsn) as connection:
            await connection.execute(SETUP)
            await connection.execute(FILL)
            return await application(connection)

    return asyncio.run(main())


def fetchall(connection: Any) -> Any:
    return connection.execute(SELECT, (3,)).fetchall()


def fetchone(connection: Any) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute("SELECT id FROM notes WHERE text = 'secret'").fetchone()


def iterate(connection: Any) -> Any:
    return [number for (number,) in connection.execute(SELECT, (2,))]


def by_keyword(connection: Any) -> Any:
    return connection.cursor().execute(query=SELECT, params=(4,)).fetchall()


def composed(connection: Any) -> Any:
    query = sql.SQL("SELECT id FROM {} WHERE text = {}").format(sql.Identifier("notes"), sql.Literal("secret"))
    return connection.execute(query).fetchall()


def in_bytes(connection: Any) -> Any:
    return connection.execute(b"UPDATE notes SET text = 'secret' WHERE id > 3").rowcount


def returning(connection: Any) -> Any:
    return connection.execute(f"{INSERT} RETURNING id", (6, "a")).fetchall()


def executemany(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.executemany(INSERT, [(6, "a"), (7, "b"), (8, "c")])
    return cursor.rowcount


def executemany_returning(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.executemany(f"{INSERT} RETURNING id", [(6, "a"), (7, "b")], returning=True)
    return cursor.fetchone()


def executemany_of_one(connection: Any) -> Any:
    return connection.cursor().executemany(INSERT, [(6, "a")])


def client_side(connection: Any) -> Any:
    return psycopg.ClientCursor(connection).execute(SELECT, (3,)).fetchall()


def streamed(connection: Any) -> Any:
    return [row[0] for row in connection.cursor().stream(SELECT, (2,))]


def streamed_and_left(connection: Any) -> Any:
    for row in connection.cursor().stream(SELECT, (2,)):
        return row
    return None


def server_side(connection: Any) -> Any:
    with connection.cursor("own") as cursor:
        cursor.execute(SELECT, (1,))
        return cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall()


def server_side_iterated(connection: Any) -> Any:
    with connection.cursor("own") as cursor:
        cursor.itersize = 2
        return [row[0] for row in cursor.execute(SELECT, (1,))]


def copy_out(connection: Any) -> Any:
    with connection.cursor().copy("COPY (SELECT id FROM notes WHERE id > 3) TO STDOUT") as copied:
        return list(copied.rows())


def copy_out_and_leave(connection: Any) -> Any:
    with connection.cursor().copy("COPY (SELECT * FROM generate_series(1, 100000) n) TO STDOUT") as copied:
        first = next(copied.rows())
    # What it left is in psycopg's way.
    connection.close()
    return first


def copy_in(connection: Any) -> Any:
    with connection.cursor().copy("COPY notes FROM STDIN") as copied:
        for row in ((6, "a"), (7, "b")):
            copied.write_row(row)


def blocks(connection: Any) -> Any:
    with connection.transaction(), connection.transaction():
        return connection.execute("DELETE FROM notes WHERE id = 1").rowcount


def pipelined(connection: Any) -> Any:
    with connection.pipeline():
        cursor = connection.execute(SELECT, (3,))
    return cursor.fetchall()


def failing(connection: Any) -> Any:
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO notes VALUES (1, 'secret')")


def failing_stream(connection: Any) -> Any:
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(connection.cursor().stream("SELECT 1 / (id - 3) FROM notes"))


def failing_copy(connection: Any) -> Any:
    with pytest.raises(psycopg.errors.UndefinedTable), connection.cursor().copy("COPY nowhere FROM STDIN"):
        pass


def wrong_use(connection: Any) -> Any:
    with pytest.raises(TypeError):
        connection.execute(1)


Case = tuple[Any, Any, list[tuple[str, str, dict[str, Any]]]]
FAILING = ("INSERT notes", "INSERT INTO notes VALUES (?, ?)", {**NOTES, "error": "23505"})
CASES: list[Case] = [
    (fetchall, [(4,), (5,)], [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (fetchone, None, [("SELECT notes", "SELECT id FROM notes WHERE text = ?", {**NOTES, "returned": 0})]),
    (iterate, [3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 3})]),
    (by_keyword, [(5,)], [("SELECT notes", SELECT, {**NOTES, "returned": 1})]),
    (
        composed,
        [],
        [('SELECT "notes"', 'SELECT id FROM "notes" WHERE text = ?', {**NOTES, "operation": "SELECT", "returned": 0})],
    ),
    (in_bytes, 2, [("UPDATE notes", "UPDATE notes SET text = ? WHERE id > ?", {**NOTES, "affected": 2})]),
    (returning, [(6,)], [("INSERT notes", f"{INSERT} RETURNING id", {**NOTES, "returned": 1})]),
    (executemany, 3, [("BATCH INSERT notes", INSERT, {**NOTES, "batch": 3, "affected": 3})]),
    (
        executemany_returning,
        (6,),
        [("BATCH INSERT notes", f"{INSERT} RETURNING id", {**NOTES, "batch": 2, "returned": 2})],
    ),
    (executemany_of_one, None, [("INSERT notes", INSERT, {**NOTES, "affected": 1})]),
    (client_side, [(4,), (5,)], [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (streamed, [3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 3})]),
    (streamed_and_left, (3,), [("SELECT notes", SELECT, {**NOTES, "returned": 1})]),
    (server_side, ((2,), [(3,), (4,)], [(5,)]), [("SELECT notes", SELECT, {**NOTES, "returned": 4})]),
    (server_side_iterated, [2, 3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 4})]),
    (
        copy_out,
        [("4",), ("5",)],
        [
            (
                "COPY SELECT notes",
                "COPY (SELECT id FROM notes WHERE id > ?) TO STDOUT",
                {**NOTES, "operation": "COPY", "returned": 2},
            )
        ],
    ),
    (
        copy_out_and_leave,
        ("1",),
        [
            (
                "COPY SELECT generate_series",
                "COPY (SELECT * FROM generate_series(?, ?) n) TO STDOUT",
                {"operation": "COPY"},
            )
        ],
    ),
    (copy_in, None, [("COPY notes", "COPY notes FROM STDIN", {**NOTES, "affected": 2})]),
    (blocks, 1, [("DELETE notes", "DELETE FROM notes WHERE id = ?", {**NOTES, "affected": 1})]),
    (pipelined, [(4,), (5,)], [("SELECT notes", SELECT, NOTES)]),
    (failing, None, [FAILING]),
    (failing_stream, None, [("SELECT notes", "SELECT ? / (id - ?) FROM notes", {**NOTES, "error": "22012"})]),
    (failing_copy, None, [("COPY nowhere", "COPY nowhere FROM STDIN", {"collection": "nowhere", "error": "42P01"})]),
    (wrong_use, None, []),
]


@pytest.mark.parametrize(("application", "answer", "calls"), CASES, ids=named)
def test_a_call_is_one_span_and_one_point(
    application: Application,
    answer: Any,
    calls: list[tuple[str, str, dict[str, Any]]],
    postgres: Postgres,
    telemetry: Seeing,
) -> None:
    database = where(postgres)
    spans = [database.call(summary, text, **more) for summary, text, more in calls]
    assert (run(postgres, application), *told(telemetry)) == (answer, *expected(*setting_up(database), *spans))


async def async_fetchall(connection: Any) -> Any:
    return await (await connection.execute(SELECT, (3,))).fetchall()


async def async_iterate(connection: Any) -> Any:
    return [number async for (number,) in await connection.execute(SELECT, (2,))]


async def async_executemany(connection: Any) -> Any:
    cursor = connection.cursor()
    await cursor.executemany(INSERT, [(6, "a"), (7, "b"), (8, "c")])
    return cursor.rowcount


async def async_streamed(connection: Any) -> Any:
    return [row[0] async for row in connection.cursor().stream(SELECT, (2,))]


async def async_server_side(connection: Any) -> Any:
    async with connection.cursor("own") as cursor:
        await cursor.execute(SELECT, (1,))
        return await cursor.fetchone(), await cursor.fetchmany(2), await cursor.fetchall()


async def async_copy_in(connection: Any) -> Any:
    async with connection.cursor().copy("COPY notes FROM STDIN") as copied:
        for row in ((6, "a"), (7, "b")):
            await copied.write_row(row)


async def async_failing(connection: Any) -> Any:
    with pytest.raises(psycopg.errors.UniqueViolation):
        await connection.execute("INSERT INTO notes VALUES (1, 'secret')")


ASYNC_CASES: list[Case] = [
    (async_fetchall, *CASES[0][1:]),
    (async_iterate, *CASES[2][1:]),
    (async_executemany, *CASES[7][1:]),
    (async_streamed, *CASES[11][1:]),
    (async_server_side, *CASES[13][1:]),
    (async_copy_in, *CASES[17][1:]),
    (async_failing, None, [FAILING]),
]


@pytest.mark.parametrize(
    ("application", "answer", "calls"), ASYNC_CASES, ids=lambda case: getattr(case, "__name__", "")
)
def test_an_async_call_is_one_span_and_one_point(
    application: Application,
    answer: Any,
    calls: list[tuple[str, str, dict[str, Any]]],
    postgres: Postgres,
    telemetry: Seeing,
) -> None:
    database = where(postgres)
    spans = [database.call(summary, text, **more) for summary, text, more in calls]
    assert (run_async(postgres, application), *told(telemetry)) == (answer, *expected(*setting_up(database), *spans))


def in_transactions(connection: Any) -> None:
    connection.commit()
    connection.execute("SELECT 1")
    connection.rollback()
    with connection.transaction(), connection.transaction():
        connection.execute("SELECT 1")
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT 1")
    with pytest.raises(ZeroDivisionError), connection.transaction():
        raise ZeroDivisionError
    connection.execute("SELECT 1")


def in_two_phases(connection: Any) -> None:
    connection.commit()
    for end in (connection.tpc_commit, connection.tpc_rollback):
        connection.tpc_begin(connection.xid(1, "notes", str(id(connection))))
        connection.execute("SELECT 1")
        connection.tpc_prepare()
        end()
    connection.tpc_begin(connection.xid(1, "notes", "at once"))
    connection.tpc_commit()
    connection.execute("SELECT 1")
    connection.close()


def in_words(connection: Any) -> None:
    """Control transactions by statements: each counts by how it ended, which is known when it has run."""
    connection.commit()
    connection.autocommit = True
    for words in ("BEGIN", "SAVEPOINT a", "ROLLBACK TO SAVEPOINT a", "COMMIT"):
        connection.execute(words)
    connection.execute("BEGIN")
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT 1 FROM nowhere")
    assert connection.execute("COMMIT").statusmessage == "ROLLBACK"
    connection.execute("BEGIN")
    connection.execute("CREATE TEMPORARY TABLE later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    connection.execute("INSERT INTO later VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("COMMIT")


def test_transactions_are_timed_and_give_no_spans(postgres: Postgres, telemetry: Seeing) -> None:
    run(postgres, in_transactions)
    points = telemetry.points("tachograph.db.transaction.duration")
    assert [(point.labels, point.count) for point in points] == [
        ({**where(postgres).attributes(), "tachograph.db.transaction.outcome": outcome}, count)
        for outcome, count in (("commit", 3), ("rollback", 3))
    ]


def test_transactions_in_two_phases_count_and_one_that_is_left(postgres: Postgres, telemetry: Seeing) -> None:
    run(postgres, in_two_phases)
    points = telemetry.points("tachograph.db.transaction.duration")
    assert [(point.labels["tachograph.db.transaction.outcome"], point.count) for point in points] == [
        ("commit", 3),
        ("rollback", 2),
    ]


def test_transactions_in_words_count_by_how_they_ended(postgres: Postgres, telemetry: Seeing) -> None:
    run(postgres, in_words)
    points = telemetry.points("tachograph.db.transaction.duration")
    assert [(point.labels["tachograph.db.transaction.outcome"], point.count) for point in points] == [
        ("commit", 2),
        ("failed", 1),
        ("rollback", 1),
    ]
