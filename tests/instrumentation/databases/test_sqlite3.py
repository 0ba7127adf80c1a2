"""sqlite3 and aiosqlite: a statement is one call from `execute` to its last row, with the right rows."""

import gc
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.telemetry import Seeing
from tests.instrumentation.databases.expected import Where, expected, named, told

MEMORY = Where("sqlite", ":memory:")
CREATE = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)"
INSERT = "INSERT INTO notes (text) VALUES (?)"
SELECT = "SELECT id FROM notes WHERE id > ?"
NOTES: dict[str, Any] = {"collection": "notes"}
Connection = sqlite3.Connection
Case = tuple[Callable[[Connection], Any], Any, list[tuple[str, str, dict[str, Any]]]]


def filled() -> Connection:
    """Return a connection, measured, to a database of five notes."""
    connection = sqlite3.connect(":memory:")
    connection.execute(CREATE)
    connection.executemany(INSERT, [("a",), ("b",), ("c",), ("d",), ("e",)])
    connection.commit()
    return connection


FILLED = [
    MEMORY.call("CREATE TABLE notes", CREATE, collection="notes"),
    MEMORY.call("BATCH INSERT notes", INSERT, collection="notes", affected=5, batch=5),
]


def fetchall(connection: Connection) -> Any:
    return connection.execute(SELECT, (3,)).fetchall()


def fetchone(connection: Connection) -> Any:
    return connection.execute("SELECT id FROM notes WHERE text = 'b'").fetchone()


def fetch_until_none(connection: Connection) -> Any:
    cursor = connection.execute(SELECT, (3,))
    return cursor.fetchone(), cursor.fetchone(), cursor.fetchone(), cursor.fetchone()


def fetchmany(connection: Connection) -> Any:
    cursor = connection.cursor()
    cursor.execute(SELECT, (1,))
    return cursor.fetchmany(3), cursor.fetchmany(3), cursor.fetchmany(3)


def iterate(connection: Connection) -> Any:
    return [number for (number,) in connection.execute(SELECT, (2,))]


def iterate_and_leave(connection: Connection) -> Any:
    for row in connection.execute(SELECT, (2,)):
        return row
    return None


def next_of_a_cursor(connection: Connection) -> Any:
    cursor = connection.execute(SELECT, (3,))
    return next(cursor), next(cursor), next(cursor, None)


def left_to_the_collector(connection: Connection) -> Any:
    connection.execute(SELECT, (2,))
    gc.collect()


def the_next_statement_of_a_cursor(connection: Connection) -> Any:
    cursor = connection.cursor()
    cursor.execute(SELECT, (2,))
    cursor.fetchone()
    return cursor.execute("SELECT count(*) FROM notes").fetchone()


def returning(connection: Connection) -> Any:
    return connection.execute("INSERT INTO notes (text) VALUES ('x'), ('y') RETURNING id").fetchall()


def update(connection: Connection) -> Any:
    return connection.execute("UPDATE notes SET text = 'secret' WHERE id > 3").rowcount


def script(connection: Connection) -> Any:
    connection.executescript("CREATE TABLE a (b); INSERT INTO a VALUES ('secret'); DROP TABLE a")


def many_by_generator(connection: Connection) -> Any:
    return connection.executemany(INSERT, ((letter,) for letter in "xyz")).rowcount


def keywords_and_rows(connection: Connection) -> Any:
    connection.row_factory = sqlite3.Row
    return [dict(row) for row in connection.cursor().execute(SELECT, (4,))]


def transaction(connection: Connection) -> Any:
    with connection:
        return connection.execute("DELETE FROM notes WHERE id = 1").rowcount


def own_transaction(connection: Connection) -> Any:
    connection.isolation_level = None
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM notes WHERE id = 1")
    connection.execute("ROLLBACK")
    return connection.execute("SELECT count(*) FROM notes").fetchone()


def failing(connection: Connection) -> Any:
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO notes VALUES (1, 'secret')")


def failing_fetch(connection: Connection) -> Any:
    connection.create_function("refuse", 1, lambda value: 1 / (value - 3))
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT refuse(id) FROM notes").fetchall()


def wrong_use(connection: Connection) -> Any:
    with pytest.raises(TypeError):
        connection.execute(1)  # type: ignore[arg-type] # that is what is tried


class UsersCursor(sqlite3.Cursor):
    """A cursor of the application's, that adds to what it hands up."""

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        return super().execute(f"{sql} LIMIT 1", parameters)

    def fetchone(self) -> Any:
        row = super().fetchone()
        return row and ("own", *row)


class UsersConnection(sqlite3.Connection):
    """A connection of the application's."""

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        return super().execute(sql.replace("TABLE", "TABLE IF NOT EXISTS"), parameters)


def users_cursor(connection: Connection) -> Any:
    cursor = connection.cursor(UsersCursor)
    return isinstance(cursor, UsersCursor), cursor.execute(SELECT, (2,)).fetchone(), cursor.fetchone()


CASES: list[Case] = [
    (fetchall, [(4,), (5,)], [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (fetchone, (2,), [("SELECT notes", "SELECT id FROM notes WHERE text = ?", {**NOTES, "returned": 1})]),
    (fetch_until_none, ((4,), (5,), None, None), [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (
        fetchmany,
        ([(2,), (3,), (4,)], [(5,)], []),
        [("SELECT notes", SELECT, {**NOTES, "returned": 4})],
    ),
    (iterate, [3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 3})]),
    (iterate_and_leave, (3,), [("SELECT notes", SELECT, {**NOTES, "returned": 1})]),
    (next_of_a_cursor, ((4,), (5,), None), [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (left_to_the_collector, None, [("SELECT notes", SELECT, {**NOTES, "returned": 0})]),
    (
        the_next_statement_of_a_cursor,
        (5,),
        [
            ("SELECT notes", SELECT, {**NOTES, "returned": 1}),
            ("SELECT notes", "SELECT count(*) FROM notes", {**NOTES, "returned": 1}),
        ],
    ),
    (
        returning,
        [(6,), (7,)],
        [("INSERT notes", "INSERT INTO notes (text) VALUES (?) RETURNING id", {**NOTES, "returned": 2})],
    ),
    (update, 2, [("UPDATE notes", "UPDATE notes SET text = ? WHERE id > ?", {**NOTES, "affected": 2})]),
    (
        script,
        None,
        [
            (
                "CREATE TABLE a INSERT a DROP TABLE a",
                "CREATE TABLE a (b); INSERT INTO a VALUES (?); DROP TABLE a",
                {"operation": "CREATE TABLE", "collection": "a"},
            )
        ],
    ),
    (many_by_generator, 3, [("BATCH INSERT notes", INSERT, {**NOTES, "affected": 3})]),
    (keywords_and_rows, [{"id": 5}], [("SELECT notes", SELECT, {**NOTES, "returned": 1})]),
    (transaction, 1, [("DELETE notes", "DELETE FROM notes WHERE id = ?", {**NOTES, "affected": 1})]),
    (
        own_transaction,
        (5,),
        [
            ("DELETE notes", "DELETE FROM notes WHERE id = ?", {**NOTES, "affected": 1}),
            ("SELECT notes", "SELECT count(*) FROM notes", {**NOTES, "returned": 1}),
        ],
    ),
    (
        failing,
        None,
        [("INSERT notes", "INSERT INTO notes VALUES (?, ?)", {**NOTES, "error": "SQLITE_CONSTRAINT_PRIMARYKEY"})],
    ),
    (failing_fetch, None, [("SELECT notes", "SELECT refuse(id) FROM notes", {**NOTES, "error": "SQLITE_ERROR"})]),
    (wrong_use, None, []),
    (
        users_cursor,
        (True, ("own", 3), None),
        [("SELECT notes", f"{SELECT} LIMIT ?", {**NOTES, "returned": 1})],
    ),
]


@pytest.mark.parametrize(("application", "answer", "calls"), CASES, ids=named)
def test_a_statement_is_one_span_and_one_point(
    application: Callable[[Connection], Any],
    answer: Any,
    calls: list[tuple[str, str, dict[str, Any]]],
    telemetry: Seeing,
) -> None:
    connection = filled()
    spans = [MEMORY.call(summary, text, **more) for summary, text, more in calls]
    returned = application(connection)
    connection.close()
    assert (returned, *told(telemetry)) == (answer, *expected(*FILLED, *spans))


def test_a_connection_of_the_applications_own_class_is_measured_and_stays_one(telemetry: Seeing) -> None:
    connection = sqlite3.connect(":memory:", factory=UsersConnection)
    connection.execute(CREATE)
    connection.close()
    summary, text = "CREATE TABLE notes", CREATE.replace("TABLE", "TABLE IF NOT EXISTS")
    assert (isinstance(connection, UsersConnection), *told(telemetry)) == (
        True,
        *expected(MEMORY.call(summary, text, collection="notes")),
    )
