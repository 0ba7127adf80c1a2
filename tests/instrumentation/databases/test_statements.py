"""Slow statements, what is said against statements, and transactions: as metrics, and on spans."""

import sqlite3
import time
from typing import Any

import pytest

import tachograph
from tachograph.databases.slowest import FOLLOWED_LIMIT, Slowest
from tachograph.sql.statement import Statements
from tests.fixtures.telemetry import Seeing, seeing

SLOW = "SELECT slow(1)"
STATEMENT = ("duration", "rows", "slow", "info", "findings")


def slowly(value: Any) -> Any:
    """Return the value after as many hundredths of a second, at least two."""
    time.sleep(max(2, value or 0) / 100)
    return value


def connected() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.create_function("slow", 1, slowly)
    return connection


def seen(telemetry: Seeing, *metrics: str) -> list[tuple[Any, ...]]:
    """Return metric, summary, finding, operation and value of the statements' points."""
    points = telemetry.points(*(f"tachograph.db.statement.{metric}" for metric in metrics))
    return [
        (
            point.metric.removeprefix("tachograph.db.statement."),
            point.labels.get("db.query.summary"),
            point.labels.get("tachograph.db.statement.finding"),
            point.labels.get("tachograph.operation.name"),
            point.sum if point.count is None else point.count,
        )
        for point in points
    ]


@pytest.fixture
def threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements are slow from 10 ms."""
    monkeypatch.setenv("TACHOGRAPH_DB_SLOW_SECONDS", "0.01")
    monkeypatch.setenv("TACHOGRAPH_DB_REPEATS", "3")
    monkeypatch.setenv("TACHOGRAPH_DB_TRANSACTION_SECONDS", "0.01")


@pytest.fixture
def high_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements are slow from 200 ms, which no other takes however busy the machine is."""
    monkeypatch.setenv("TACHOGRAPH_DB_SLOW_SECONDS", "0.2")


@pytest.mark.usefixtures("high_threshold")
def test_a_statement_that_was_slow_is_followed(telemetry: Seeing) -> None:
    connection = connected()
    connection.execute("SELECT 1").fetchall()
    for hundredths in (21, 2):
        connection.execute(f"SELECT slow({hundredths})").fetchall()
    connection.execute("SELECT slow(NULL) WHERE 1 = 2").fetchall()
    labels = {
        "db.system.name": "sqlite",
        "db.namespace": ":memory:",
        "db.query.summary": "SELECT",
        "tachograph.db.statement.fingerprint": Statements("sqlite").of(SLOW).fingerprint,
    }
    points = telemetry.points(*(f"tachograph.db.statement.{metric}" for metric in STATEMENT))
    assert [(point.metric, point.labels, point.count, point.count or point.sum) for point in points] == [
        ("tachograph.db.statement.duration", labels, 2, 2),
        ("tachograph.db.statement.info", {**labels, "db.query.text": "SELECT slow(?)"}, None, 1),
        ("tachograph.db.statement.rows", labels, None, 2),
        ("tachograph.db.statement.slow", labels, None, 1),
    ]


def test_the_slowest_are_followed_whichever_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_DB_SLOW_SECONDS", "0.000000001")
    with seeing("lean") as telemetry:
        connection = connected()
        for number in range(110):
            connection.execute(f"SELECT 1 AS a_{number}").fetchall()
        for _ in range(2):
            connection.execute("SELECT slow(2)").fetchall()
        slow = seen(telemetry, "slow")
        durations = {
            point.labels["tachograph.db.statement.fingerprint"]: point.count
            for point in telemetry.points("tachograph.db.statement.duration")
        }
    statement = Statements("sqlite").of(SLOW).fingerprint
    assert (sum(value for *_, value in slow), durations[statement], FOLLOWED_LIMIT <= len(durations) <= 111) == (
        112,
        2,
        True,
    )


def test_of_the_slowest_there_is_an_end_and_each_is_told_by_its_sum() -> None:
    slowest = Slowest()

    def followed(number: int, seconds: float) -> bool:
        return slowest.place((("statement", number),), seconds).followed

    first = [followed(number, 2) for number in range(FOLLOWED_LIMIT)]
    beyond = followed(1000, 1), followed(1000, 1), followed(1000, 1)
    least = [followed(number, 0) for number in range(FOLLOWED_LIMIT)].count(False)
    ever = sum(followed(number, number) for number in range(2000, 3000))
    assert (all(first), beyond, least, ever) == (True, (False, False, True), 1, 250 - FOLLOWED_LIMIT - 1)


@pytest.mark.usefixtures("threshold")
def test_statements_that_something_was_found_in_keep_no_slow_one_from_being_told_of(telemetry: Seeing) -> None:
    connection = connected()
    for number in range(110):
        connection.execute(f"CREATE TABLE notes_{number} (id INTEGER)")
        connection.execute(f"SELECT * FROM notes_{number} WHERE id = 1")
    connection.execute("SELECT slow(1)").fetchall()
    assert ("slow", "SELECT", None, None, 1) in seen(telemetry, "slow")
    found = seen(telemetry, "findings")
    assert (len(found), [one for one in found if one[1] == "_other"]) == (
        101,
        [("findings", "_other", "select_star", None, 10)],
    )


def test_what_is_said_against_statements(telemetry: Seeing) -> None:
    connection = connected()
    connection.execute("CREATE TABLE notes (id INTEGER, text TEXT)")
    for _ in range(2):
        connection.execute("SELECT * FROM notes ORDER BY id").fetchall()
    connection.execute("SELECT id FROM notes WHERE text LIKE '%secret'").fetchall()
    assert seen(telemetry, "findings", "info") == [
        ("findings", "SELECT notes", "leading_wildcard", None, 1),
        ("findings", "SELECT notes", "order_by_without_limit", None, 2),
        ("findings", "SELECT notes", "select_star", None, 2),
        ("findings", "SELECT notes", "select_without_where", None, 2),
        ("info", "SELECT notes", None, None, 1),
        ("info", "SELECT notes", None, None, 1),
    ]


@pytest.mark.usefixtures("threshold")
def test_a_statement_repeated_under_one_operation_is_said_once(telemetry: Seeing) -> None:
    connection = connected()
    for _ in range(2):
        with tachograph.operation("page"):
            for number in range(6):
                connection.execute(f"SELECT {number} WHERE 1 = 1").fetchall()
    for number in range(6):
        connection.execute(f"SELECT {number} WHERE 1 = 1").fetchall()
    fingerprint = Statements("sqlite").of("SELECT 1 WHERE 1 = 1").fingerprint
    event = (
        "tachograph.db.statement.repeated",
        {"db.query.summary": "SELECT", "tachograph.db.statement.fingerprint": fingerprint},
    )
    events = [span.events for span in telemetry.spans if span.name == "page"]
    assert (seen(telemetry, "findings"), events) == (
        [("findings", "SELECT", "n_plus_one", "page", 2)],
        [(event,), (event,)],
    )


TRANSACTION = "tachograph.db.transaction.duration"


def transactions(telemetry: Seeing) -> list[tuple[str, int | None]]:
    return [(point.labels["tachograph.db.transaction.outcome"], point.count) for point in telemetry.points(TRANSACTION)]


def fill_twice(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("INSERT INTO notes VALUES (2)")
        connection.execute("INSERT INTO notes VALUES (2)")


def in_transactions() -> None:
    connection = connected()
    connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    with connection:
        connection.execute("INSERT INTO notes VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError):
        fill_twice(connection)
    connection.execute("INSERT INTO notes VALUES (3)")
    connection.rollback()
    connection.commit()
    connection.execute("INSERT INTO notes VALUES (5)")
    # It commits first.
    connection.executescript("INSERT INTO notes VALUES (6)")
    connection.execute("INSERT INTO notes VALUES (7)")
    connection.execute("COMMIT")
    connection.execute("INSERT INTO notes VALUES (8)")
    connection.commit()
    connection.isolation_level = None
    connection.execute("BEGIN")
    connection.execute("SAVEPOINT a")
    connection.execute("INSERT INTO notes VALUES (4)")
    connection.execute("RELEASE a")
    connection.execute("COMMIT")


def test_transactions_are_timed_and_give_no_spans(telemetry: Seeing) -> None:
    in_transactions()
    assert (transactions(telemetry), {span.name for span in telemetry.spans}) == (
        [("commit", 5), ("rollback", 2)],
        {"CREATE TABLE notes", "INSERT notes"},
    )


def test_transactions_are_spans_where_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_DB_TRANSACTIONS", "true")
    with seeing("lean") as telemetry:
        in_transactions()
        spans = [span for span in telemetry.spans if span.name == "TRANSACTION"]
    assert [(span.kind, span.attributes) for span in spans] == [
        (
            "CLIENT",
            {
                "db.system.name": "sqlite",
                "db.namespace": ":memory:",
                "db.operation.name": "TRANSACTION",
                "tachograph.db.transaction.outcome": outcome,
            },
        )
        for outcome in ("commit", "rollback", "rollback", *["commit"] * 4)
    ]


@pytest.mark.usefixtures("threshold")
def test_a_transaction_that_is_open_for_long_is_said(telemetry: Seeing) -> None:
    connection = connected()
    connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    told = [("findings", None, "long_transaction", "page", 1)]
    with tachograph.operation("page"), connection:
        connection.execute("INSERT INTO notes VALUES (1)")
        time.sleep(0.02)
        # One that nobody ends is told of by the next collection but one.
        telemetry.points()
        assert seen(telemetry, "findings") == told
    assert seen(telemetry, "findings") == told
