"""psycopg2 on a real PostgreSQL: every way to run a statement is one span and one point, with the right rows."""

import io
from collections.abc import Callable
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest
from psycopg2 import sql

from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Seeing
from tests.instrumentation.databases.expected import expected, named, told
from tests.instrumentation.databases.notes import FILL, SETUP, setting_up, where

SELECT = "SELECT id FROM notes WHERE id > %s"
INSERT = "INSERT INTO notes VALUES (%s, %s)"
NOTES: dict[str, Any] = {"collection": "notes"}


def run(postgres: Postgres, application: Callable[[Any], Any]) -> Any:
    connection = psycopg2.connect(postgres.dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(SETUP)
            cursor.execute(FILL)
        return application(connection)
    finally:
        connection.close()


def fetchall(connection: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(SELECT, (3,))
        return cursor.fetchall()


def iterate(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(SELECT, (2,))
    return [number for (number,) in cursor]


def by_keyword_in_bytes(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(query=b"UPDATE notes SET text = 'secret' WHERE id > 3")
    return cursor.rowcount


def composed(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql.SQL("SELECT id FROM notes WHERE text = {}").format(sql.Literal("secret")))
    return cursor.fetchone()


def executemany(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.executemany(INSERT, [(6, "a"), (7, "b"), (8, "c")])
    return cursor.rowcount


def in_pages(connection: Any) -> Any:
    cursor = connection.cursor()
    psycopg2.extras.execute_values(cursor, "INSERT INTO notes VALUES %s", [(6, "secret"), (7, "b")])
    return cursor.rowcount


def in_dictionaries(connection: Any) -> Any:
    cursor = connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
    cursor.execute(SELECT, (3,))
    return isinstance(cursor, psycopg2.extras.RealDictCursor), cursor.fetchone()["id"], [row["id"] for row in cursor]


def server_side(connection: Any) -> Any:
    with connection.cursor("own") as cursor:
        cursor.execute(SELECT, (1,))
        return cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall()


def server_side_iterated(connection: Any) -> Any:
    with connection.cursor(name="own") as cursor:
        cursor.execute(SELECT, (1,))
        return [row[0] for row in cursor]


def server_side_in_dictionaries(connection: Any) -> Any:
    with connection.cursor("own", psycopg2.extras.DictCursor, True) as cursor:  # noqa: FBT003 - that is what is tried
        cursor.execute(SELECT, (1,))
        return [row["id"] for row in cursor]


def copy_out(connection: Any) -> Any:
    file = io.StringIO()
    connection.cursor().copy_expert("COPY (SELECT id FROM notes WHERE id > 3) TO STDOUT", file)
    return file.getvalue()


def copy_in(connection: Any) -> Any:
    connection.cursor().copy_from(io.StringIO("6\ta\n7\tb\n"), "notes")


def called(connection: Any) -> Any:
    cursor = connection.cursor()
    cursor.callproc("abs", [-3])
    return cursor.fetchone()


def failing(connection: Any) -> Any:
    with pytest.raises(psycopg2.errors.UniqueViolation):
        connection.cursor().execute("INSERT INTO notes VALUES (1, 'secret')")


def wrong_use(connection: Any) -> Any:
    with pytest.raises(TypeError):
        connection.cursor().execute(1)


CASES: list[tuple[Any, Any, list[tuple[str, str, dict[str, Any]]]]] = [
    (fetchall, [(4,), (5,)], [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (iterate, [3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 3})]),
    (by_keyword_in_bytes, 2, [("UPDATE notes", "UPDATE notes SET text = ? WHERE id > ?", {**NOTES, "affected": 2})]),
    (composed, None, [("SELECT notes", "SELECT id FROM notes WHERE text = ?", {**NOTES, "returned": 0})]),
    (executemany, 3, [("BATCH INSERT notes", INSERT, {**NOTES, "batch": 3, "affected": 3})]),
    (
        in_pages,
        2,
        [("INSERT notes", "INSERT INTO notes VALUES (?,?)", {**NOTES, "operation": "INSERT", "affected": 2})],
    ),
    (in_dictionaries, (True, 4, [5]), [("SELECT notes", SELECT, {**NOTES, "returned": 2})]),
    (server_side, ((2,), [(3,), (4,)], [(5,)]), [("SELECT notes", SELECT, {**NOTES, "returned": 4})]),
    (server_side_iterated, [2, 3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 4})]),
    (server_side_in_dictionaries, [2, 3, 4, 5], [("SELECT notes", SELECT, {**NOTES, "returned": 4})]),
    (
        copy_out,
        "4\n5\n",
        [
            (
                "COPY SELECT notes",
                "COPY (SELECT id FROM notes WHERE id > ?) TO STDOUT",
                {**NOTES, "operation": "COPY", "returned": 2},
            )
        ],
    ),
    (
        copy_in,
        None,
        [('COPY "notes"', 'COPY "notes" FROM STDIN', {**NOTES, "operation": "COPY", "affected": 2})],
    ),
    (called, (3,), [("CALL abs", "CALL abs()", {"operation": "CALL", "returned": 1})]),
    (failing, None, [("INSERT notes", "INSERT INTO notes VALUES (?, ?)", {**NOTES, "error": "23505"})]),
    (wrong_use, None, []),
]


@pytest.mark.parametrize(("application", "answer", "calls"), CASES, ids=named)
def test_a_call_is_one_span_and_one_point(
    application: Callable[[Any], Any],
    answer: Any,
    calls: list[tuple[str, str, dict[str, Any]]],
    postgres: Postgres,
    telemetry: Seeing,
) -> None:
    database = where(postgres)
    spans = [database.call(summary, text, **more) for summary, text, more in calls]
    assert (run(postgres, application), *told(telemetry)) == (answer, *expected(*setting_up(database), *spans))


def in_transactions(connection: Any) -> None:
    connection.commit()
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    connection.rollback()
    with connection:
        cursor.execute("SELECT 1")
    with pytest.raises(ZeroDivisionError), connection:
        raise_after(cursor)
    cursor.execute("SELECT 1")
    connection.reset()
    for end in (connection.tpc_commit, connection.tpc_rollback):
        connection.tpc_begin(connection.xid(2, "notes", str(id(connection))))
        cursor.execute("SELECT 1")
        connection.tpc_prepare()
        end()


def raise_after(cursor: Any) -> None:
    cursor.execute("SELECT 1")
    raise ZeroDivisionError


def test_transactions_are_timed_and_give_no_spans(postgres: Postgres, telemetry: Seeing) -> None:
    run(postgres, in_transactions)
    points = telemetry.points("tachograph.db.transaction.duration")
    assert [(point.labels, point.count) for point in points] == [
        ({**where(postgres).attributes(), "tachograph.db.transaction.outcome": outcome}, count)
        for outcome, count in (("commit", 3), ("rollback", 4))
    ]
