"""asyncpg on a real PostgreSQL: every way to run a statement is one span and one point, with the right rows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Seeing
from tests.instrumentation.databases.expected import expected, named, told
from tests.instrumentation.databases.notes import FILL, SETUP, setting_up, where

Application = Callable[[Any], Awaitable[Any]]


def run(postgres: Postgres, application: Application) -> Any:
    """Run an application on a connection that has its table, made before anything is measured."""

    async def main() -> Any:
        connection = await asyncpg.connect(postgres.dsn)
        try:
            await connection.execute(SETUP)
            await connection.execute(FILL)
            return await application(connection)
        finally:
            await connection.close()

    return asyncio.run(main())


async def execute(connection: Any) -> Any:
    return await connection.execute("UPDATE notes SET text = 'secret' WHERE id > 3")


async def execute_select(connection: Any) -> Any:
    return await connection.execute("SELECT id FROM notes WHERE id > $1", 3)


async def fetch(connection: Any) -> Any:
    return len(await connection.fetch("SELECT id FROM notes WHERE id > $1", 3))


async def fetch_by_keyword(connection: Any) -> Any:
    return len(await connection.fetch(query="SELECT id FROM notes WHERE id > 3"))


async def fetchrow(connection: Any) -> Any:
    return await connection.fetchrow("SELECT id FROM notes WHERE id > $1", 9)


async def fetchval(connection: Any) -> Any:
    return await connection.fetchval("SELECT count(*) FROM notes")


async def executemany(connection: Any) -> Any:
    return await connection.executemany("INSERT INTO notes VALUES ($1, $2)", [(6, "a"), (7, "b"), (8, "c")])


async def executemany_of_one(connection: Any) -> Any:
    return await connection.executemany("INSERT INTO notes VALUES ($1, $2)", [(6, "a")])


async def executemany_by_keyword(connection: Any) -> Any:
    return await connection.executemany(command="DELETE FROM notes WHERE id = $1", args=iter([(1,), (2,)]))


async def fetchmany(connection: Any) -> Any:
    sets = [(6, "a"), (7, "b")]
    return len(await connection.fetchmany("INSERT INTO notes VALUES ($1, $2) RETURNING id", sets))


async def prepared_fetch(connection: Any) -> Any:
    statement = await connection.prepare("SELECT id FROM notes WHERE id > $1")
    return len(await statement.fetch(3))


async def prepared_update(connection: Any) -> Any:
    statement = await connection.prepare("UPDATE notes SET text = 'secret' WHERE id > $1")
    return await statement.fetch(3)


async def prepared_fetchrow(connection: Any) -> Any:
    statement = await connection.prepare("SELECT id FROM notes WHERE id > $1")
    return (await statement.fetchrow(4))["id"]


async def prepared_fetchval(connection: Any) -> Any:
    statement = await connection.prepare("SELECT id FROM notes WHERE id > $1")
    return await statement.fetchval(9)


async def prepared_executemany(connection: Any) -> Any:
    statement = await connection.prepare("INSERT INTO notes VALUES ($1, $2)")
    return await statement.executemany([(6, "a"), (7, "b")])


async def iterated_cursor(connection: Any) -> Any:
    async with connection.transaction():
        return [row["id"] async for row in connection.cursor("SELECT id FROM notes WHERE id > $1", 2, prefetch=2)]


async def abandoned_cursor(connection: Any) -> Any:
    async with connection.transaction():
        async for row in connection.cursor("SELECT id FROM notes WHERE id > $1", 0, prefetch=2):
            return row["id"]
    return None


async def fetched_cursor(connection: Any) -> Any:
    async with connection.transaction():
        cursor = await connection.cursor("SELECT id FROM notes ORDER BY id LIMIT 4")
        await cursor.forward(1)
        first, *rest = await cursor.fetch(2), await cursor.fetchrow()
        return len(first), rest[0]["id"], await cursor.fetchrow()


async def prepared_cursor(connection: Any) -> Any:
    statement = await connection.prepare("SELECT id FROM notes WHERE id > $1")
    async with connection.transaction():
        return [row["id"] async for row in statement.cursor(2)]


async def copy_from_table(connection: Any) -> Any:
    return await connection.copy_from_table("notes", output=_nowhere)


async def copy_from_query(connection: Any) -> Any:
    return await connection.copy_from_query("SELECT id FROM notes WHERE id > $1", 3, output=_nowhere)


async def copy_to_table(connection: Any) -> Any:
    return await connection.copy_to_table("notes", source=_Source())


async def copy_records(connection: Any) -> Any:
    return await connection.copy_records_to_table("notes", records=[(6, "a"), (7, "b"), (8, "c")])


async def transaction(connection: Any) -> Any:
    async with connection.transaction(), connection.transaction():
        return await connection.execute("DELETE FROM notes WHERE id = 1")


async def failing(connection: Any) -> Any:
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO notes VALUES (1, 'secret')")


async def failing_fetch(connection: Any) -> Any:
    with pytest.raises(asyncpg.UndefinedTableError):
        await connection.fetch("SELECT 1 FROM nowhere")


async def failing_cursor(connection: Any) -> Any:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with connection.transaction():
            [row async for row in connection.cursor("SELECT 1 / (id - 3) FROM notes", prefetch=1)]


async def failing_preparation(connection: Any) -> Any:
    with pytest.raises(asyncpg.UndefinedTableError):
        await connection.prepare("SELECT 1 FROM nowhere")


async def failing_preparation_of_a_cursor(connection: Any) -> Any:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with connection.transaction():
            [row async for row in connection.cursor("SELECT 1 FROM nowhere")]
    with pytest.raises(asyncpg.UndefinedTableError):
        async with connection.transaction():
            await connection.cursor("SELECT 1 FROM nowhere")


async def timing_out(connection: Any) -> Any:
    with pytest.raises(TimeoutError):
        await connection.fetch("SELECT pg_sleep(60)", timeout=0.05)


async def wrong_use(connection: Any) -> Any:
    with pytest.raises(TypeError):
        await connection.fetch()


async def _nowhere(_data: bytes) -> None: ...


class _Source:
    """A file of two lines, as asyncpg reads one."""

    def __init__(self) -> None:
        self._lines = [b"6\ta\n7\tb\n", b""]

    def read(self, _size: int = -1) -> bytes:
        return self._lines.pop(0)


SELECT = "SELECT id FROM notes WHERE id > $1"
INSERT = "INSERT INTO notes VALUES ($1, $2)"
NOTES: dict[str, Any] = {"collection": "notes"}

NOWHERE = ("SELECT nowhere", "SELECT ? FROM nowhere", {"collection": "nowhere", "error": "42P01"})

# (application, what it returns, its calls by their arguments of Where.call)
CASES: list[tuple[Application, Any, list[tuple[str, str, dict[str, Any]]]]] = [
    (execute, "UPDATE 2", [("UPDATE notes", "UPDATE notes SET text = ? WHERE id > ?", {**NOTES, "affected": 2})]),
    (execute_select, "SELECT 2", [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (fetch, 2, [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (fetch_by_keyword, 2, [("SELECT notes", "SELECT id FROM notes WHERE id > ?", {**NOTES, "returned": 2})]),
    (fetchrow, None, [("SELECT notes", SELECT, {**NOTES, "returned": 0})]),
    (fetchval, 5, [("SELECT notes", "SELECT count(*) FROM notes", {**NOTES, "returned": 1})]),
    (executemany, None, [("BATCH INSERT notes", INSERT, {**NOTES, "batch": 3})]),
    (executemany_of_one, None, [("INSERT notes", INSERT, NOTES)]),
    (executemany_by_keyword, None, [("BATCH DELETE notes", "DELETE FROM notes WHERE id = $1", NOTES)]),
    (fetchmany, 2, [("BATCH INSERT notes", f"{INSERT} RETURNING id", {**NOTES, "batch": 2, "returned": 2})]),
    (prepared_fetch, 2, [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (
        prepared_update,
        [],
        [("UPDATE notes", "UPDATE notes SET text = ? WHERE id > $1", {**NOTES, "affected": 2})],
    ),
    (prepared_fetchrow, 5, [("SELECT notes", SELECT, {**NOTES, "returned": 1})]),
    (prepared_fetchval, None, [("SELECT notes", SELECT, NOTES)]),
    (prepared_executemany, None, [("BATCH INSERT notes", INSERT, {**NOTES, "batch": 2})]),
    (iterated_cursor, [3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 3})]),
    (abandoned_cursor, 1, [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (
        fetched_cursor,
        (2, 4, None),
        [("SELECT notes", "SELECT id FROM notes ORDER BY id LIMIT ?", {**NOTES, "returned": 3})],
    ),
    (prepared_cursor, [3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 3})]),
    (copy_from_table, "COPY 5", [("COPY notes", "COPY notes TO STDOUT", {**NOTES, "returned": 5})]),
    (
        copy_from_query,
        "COPY 2",
        [("COPY SELECT notes", f"COPY ({SELECT}) TO STDOUT", {"operation": "COPY", **NOTES, "returned": 2})],
    ),
    (copy_to_table, "COPY 2", [("COPY notes", "COPY notes FROM STDIN", {**NOTES, "affected": 2})]),
    (copy_records, "COPY 3", [("COPY notes", "COPY notes FROM STDIN", {**NOTES, "affected": 3})]),
    (transaction, "DELETE 1", [("DELETE notes", "DELETE FROM notes WHERE id = ?", {**NOTES, "affected": 1})]),
    (failing, None, [("INSERT notes", "INSERT INTO notes VALUES (?, ?)", {**NOTES, "error": "23505"})]),
    (
        failing_fetch,
        None,
        [("SELECT nowhere", "SELECT ? FROM nowhere", {"collection": "nowhere", "error": "42P01"})],
    ),
    (failing_preparation, None, [NOWHERE]),
    (failing_preparation_of_a_cursor, None, [NOWHERE, NOWHERE]),
    (failing_cursor, None, [("SELECT notes", "SELECT ? / (id - ?) FROM notes", {**NOTES, "error": "22012"})]),
    (timing_out, None, [("SELECT", "SELECT pg_sleep(?)", {"error": "timeout", "status": False, "returned": None})]),
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
    spans = [where(postgres).call(summary, text, **more) for summary, text, more in calls]
    assert (run(postgres, application), *told(telemetry)) == (answer, *expected(*setting_up(where(postgres)), *spans))


async def in_transactions(connection: Any) -> None:
    """Open, nest, undo and break transactions, by asyncpg's own and in words."""
    async with connection.transaction():
        with pytest.raises(ZeroDivisionError):
            async with connection.transaction():
                raise ZeroDivisionError
        await connection.execute("SELECT 1")
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            raise ZeroDivisionError
    await connection.execute("BEGIN")
    with pytest.raises(asyncpg.UndefinedTableError):
        await connection.fetch("SELECT 1 FROM nowhere")
    assert await connection.execute("COMMIT") == "ROLLBACK"
    await connection.execute("BEGIN")
    connection.terminate()


def test_transactions_count_by_how_they_ended_and_savepoints_not_at_all(postgres: Postgres, telemetry: Seeing) -> None:
    run(postgres, in_transactions)
    points = telemetry.points("tachograph.db.transaction.duration")
    assert [(point.labels["tachograph.db.transaction.outcome"], point.count) for point in points] == [
        ("commit", 1),
        ("rollback", 3),
    ]
