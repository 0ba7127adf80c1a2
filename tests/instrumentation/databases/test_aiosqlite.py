"""aiosqlite: what runs in its thread belongs to the operation that asked for it, and is counted once."""

import asyncio
from pathlib import Path

import aiosqlite

import tachograph
from tests.fixtures.telemetry import Seeing
from tests.instrumentation.databases.expected import Where, expected, told

CREATE = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)"
INSERT = "INSERT INTO notes (text) VALUES (?)"
SELECT = "SELECT id FROM notes WHERE id > ?"


def test_its_calls_are_sqlites_in_the_operation_that_asks(tmp_path: Path, telemetry: Seeing) -> None:
    async def application() -> list[list[int]]:
        async with aiosqlite.connect(tmp_path / "notes.db") as connection:
            await connection.execute(CREATE)
            await connection.executemany(INSERT, [("a",), ("b",), ("c",)])
            await connection.commit()

            async def first() -> list[int]:
                with tachograph.operation("first"):
                    async with connection.execute(SELECT, (1,)) as cursor:
                        return [row[0] async for row in cursor]

            async def second() -> list[int]:
                with tachograph.operation("second"):
                    return [row[0] for row in await connection.execute_fetchall(SELECT, (2,))]

            return list(await asyncio.gather(first(), second()))

    answer = asyncio.run(application())
    database = Where("sqlite", "notes.db")
    calls = [
        database.call("CREATE TABLE notes", CREATE, collection="notes"),
        database.call("BATCH INSERT notes", INSERT, collection="notes", affected=3, batch=3),
        database.call("SELECT notes", SELECT, collection="notes", returned=2, parent="first"),
        database.call("SELECT notes", SELECT, collection="notes", returned=1, parent="second"),
    ]
    spans, points = told(telemetry)
    spans = sorted((span for span in spans if span.kind == "CLIENT"), key=lambda span: span.parent)
    assert (answer, (spans, points)) == ([[2, 3], [3]], expected(*calls))
