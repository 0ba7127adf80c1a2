"""SQLAlchemy, sync and async, over every driver: each statement is counted once, and its pools are watched."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import tachograph
from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Receiver, Seeing, Seen, seeing
from tests.instrumentation.databases.expected import DURATION, Where
from tests.instrumentation.databases.test_pools import seen

NOTES = "CREATE TEMPORARY TABLE notes (id INTEGER PRIMARY KEY, text TEXT)"
PARAMETERS = [{"id": number, "text": f"text {number}"} for number in range(1, 6)]


def statements(connection: sqlalchemy.Connection) -> Any:
    """Run what an application may, and return what it gets."""
    connection.execute(sqlalchemy.text(NOTES))
    connection.execute(sqlalchemy.text("INSERT INTO notes VALUES (:id, :text)"), PARAMETERS)
    rows = connection.execute(sqlalchemy.text("SELECT id FROM notes WHERE id > :id"), {"id": 3}).fetchall()
    changed = connection.execute(sqlalchemy.text("UPDATE notes SET text = 'secret' WHERE id < 3")).rowcount
    streamed = [row[0] for row in connection.execution_options(yield_per=2).exec_driver_sql("SELECT id FROM notes")]
    return [row[0] for row in rows], changed, sorted(streamed)


def sync_application(url: str) -> Any:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            return statements(connection)
    finally:
        engine.dispose()


def async_application(url: str) -> Any:
    async def main() -> Any:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(statements)
        finally:
            await engine.dispose()

    return asyncio.run(main())


DRIVERS = {
    "sqlite": sync_application,
    "sqlite+aiosqlite": async_application,
    "postgresql+psycopg2": sync_application,
    "postgresql+psycopg": sync_application,
    "postgresql+psycopg_async": async_application,
    "postgresql+asyncpg": async_application,
    "postgresql+pg8000": sync_application,
}


def url(driver: str, postgres: Postgres) -> str:
    if driver.startswith("sqlite"):
        return f"{driver}://"
    return f"{driver}://{postgres.user}@{postgres.host}:{postgres.port}/{postgres.database}"


def told(spans: list[Seen]) -> list[tuple[Any, ...]]:
    """Return name and rows of the application's statements, not of what the dialect asks when it first connects."""
    rows = ("db.response.returned_rows", "tachograph.db.response.affected_rows")
    own = [span for span in spans if span.attributes.get("db.collection.name") == "notes"]
    return [(span.name, *(span.attributes.get(key) for key in rows)) for span in own]


@pytest.mark.parametrize("driver", DRIVERS)
def test_each_statement_is_counted_once(driver: str, postgres: Postgres, telemetry: Seeing) -> None:
    answer = DRIVERS[driver](url(driver, postgres))
    # Not all drivers tell how many rows a batch changed.
    spans = telemetry.spans
    counted = sum(point.count or 0 for point in telemetry.points(DURATION))
    inserted = [name for name, *_ in told(spans) if "INSERT" in name]
    assert (answer, [each for each in told(spans) if "INSERT" not in each[0]], inserted, counted) == (
        ([4, 5], 2, [1, 2, 3, 4, 5]),
        [
            ("CREATE TABLE notes", None, None),
            ("SELECT notes", 2, None),
            ("UPDATE notes", None, 2),
            # pg8000 does not tell before the last row how many there are.
            ("SELECT notes", None if "pg8000" in driver else 5, None),
        ],
        ["BATCH INSERT notes"],
        len([span for span in spans if span.kind == "CLIENT" and span.name != "ACQUIRE"]),
    )


class Base(DeclarativeBase):
    """The application's tables."""


class Note(Base):
    """One of them."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def test_the_orm_is_measured_where_its_driver_is() -> None:
    with seeing("sdk") as telemetry:
        engine = sqlalchemy.create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with tachograph.operation("page"), Session(engine) as session:
            session.add_all(Note(text=text) for text in ("secret", "b"))
            session.commit()
            found = session.scalars(sqlalchemy.select(Note).where(Note.text == "secret")).one().id
        spans = [span for span in told_all(telemetry) if span[2] == "page"]
    assert (found, spans) == (
        1,
        [
            ("INSERT notes", "INSERT INTO notes (text) VALUES (?) RETURNING id", "page"),
            ("INSERT notes", "INSERT INTO notes (text) VALUES (?) RETURNING id", "page"),
            ("SELECT notes", "SELECT notes.id, notes.text \nFROM notes \nWHERE notes.text = ?", "page"),
        ],
    )


WITHOUT_GREENLET = """
import sys
sys.modules["greenlet"] = None
import tachograph
tachograph.setup(endpoint=sys.argv[1])
tachograph.instrument()
import sqlalchemy
with sqlalchemy.create_engine("sqlite://").connect() as connection:
    connection.execute(sqlalchemy.text("SELECT 'secret'")).fetchall()
print(tachograph.status().libraries["sqlalchemy"], tachograph.status().failures)
"""


def test_it_is_measured_without_greenlet_too(receiver: Receiver) -> None:
    run = [sys.executable, "-c", WITHOUT_GREENLET, receiver.url]
    ended = subprocess.run(run, capture_output=True, text=True, check=True)
    texts = [span.seen.attributes.get("db.query.text") for span in receiver.raw()]
    assert (ended.stdout, "SELECT ?" in texts) == ("instrumented 0\n", True)


def told_all(telemetry: Seeing) -> list[tuple[str, Any, str]]:
    # On a busy machine even a connection of SQLite's takes the millisecond from which on getting it is a span.
    statements = (span for span in telemetry.spans if not span.name.startswith("ACQUIRE"))
    return [(span.name, span.attributes.get("db.query.text"), span.parent) for span in statements]


def failing(connection: sqlalchemy.Connection) -> None:
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        connection.execute(sqlalchemy.text("SELECT 1 FROM nowhere"))


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_error_is_told_once_wherever_a_driver_raises_it(driver: str, postgres: Postgres, telemetry: Seeing) -> None:
    async def main() -> None:
        engine = create_async_engine(url(driver, postgres))
        async with engine.connect() as connection:
            await connection.run_sync(failing)
        await engine.dispose()

    if DRIVERS[driver] is async_application:
        asyncio.run(main())
    else:
        engine = sqlalchemy.create_engine(url(driver, postgres))
        with engine.connect() as connection:
            failing(connection)
        engine.dispose()
    if driver.startswith("sqlite"):
        database, error = Where("sqlite", ":memory:"), "SQLITE_ERROR"
    else:
        database, error = Where("postgresql", postgres.database, postgres.host, postgres.port), "42P01"
    expected = database.call("SELECT nowhere", "SELECT ? FROM nowhere", collection="nowhere", error=error)
    assert [span for span in telemetry.spans if span.name == "SELECT nowhere"] == [expected]


@pytest.fixture
def without_drivers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeing]:
    """Telemetry of an application that has turned its driver's instrumentor off."""
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "tachograph_psycopg")
    with seeing("lean") as telemetry:
        yield telemetry


def test_a_driver_that_is_turned_off_is_measured_here(without_drivers: Seeing, postgres: Postgres) -> None:
    sync_application(url("postgresql+psycopg", postgres))
    assert [name for name, *_ in told(without_drivers.spans)] == [
        "CREATE TABLE notes",
        "BATCH INSERT notes",
        "SELECT notes",
        "UPDATE notes",
        "SELECT notes",
    ]


@pytest.mark.parametrize("driver", ["sqlite", "postgresql+psycopg2", "postgresql+psycopg"])
def test_a_connection_from_before_is_measured_too(driver: str, postgres: Postgres) -> None:
    engine = sqlalchemy.create_engine(url(driver, postgres))
    engine.connect().close()
    with seeing("lean") as telemetry, engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text("SELECT 1 AS before")).fetchall()
        # On a busy machine to get the connection may be a span too.
        texts = [span.attributes["db.query.text"] for span in telemetry.spans if span.name != "ACQUIRE"]
    engine.dispose()
    assert (rows, texts) == ([(1,)], ["SELECT ? AS before"])


def test_its_listeners_are_gone_afterwards() -> None:
    def listeners() -> int:
        return sum(1 for _ in sqlalchemy.create_engine("sqlite://").dispatch.before_cursor_execute)

    before = listeners()
    with seeing("sdk"):
        during = listeners()
    assert (during, listeners()) == (before + 1, before)


def in_a_pool(engine: sqlalchemy.Engine) -> None:
    with engine.connect() as first, engine.connect() as second:
        first.execute(sqlalchemy.text("SELECT 1"))
        second.execute(sqlalchemy.text("SELECT 1"))
        with pytest.raises(sqlalchemy.exc.TimeoutError):
            engine.connect()


def test_its_pools(postgres: Postgres, telemetry: Seeing) -> None:
    engine = sqlalchemy.create_engine(
        url("postgresql+psycopg", postgres), pool_size=1, max_overflow=1, pool_timeout=0.01
    )
    in_a_pool(engine)
    name = f"{postgres.host}:{postgres.port}/{postgres.database}"
    pools = seen(telemetry)
    engine.dispose()
    assert pools == {
        ("count", name, "idle"): 1,
        ("count", name, "used"): 0,
        ("idle.max", name): 1,
        ("idle.min", name): 0,
        ("max", name): 2,
        ("pending_requests", name): 0,
        ("timeouts", name): 1,
        ("create_time", name): 2,
        ("wait_time", name): 3,
        ("use_time", name): 2,
    }


def test_an_async_engines_pool_by_its_own_name(postgres: Postgres, telemetry: Seeing) -> None:
    async def application(engine: AsyncEngine) -> Any:
        async with engine.connect() as connection:
            await connection.execute(sqlalchemy.text("SELECT 1"))
        used = await asyncio.to_thread(seen, telemetry)
        await engine.dispose()
        return used

    engine = create_async_engine(url("postgresql+asyncpg", postgres), pool_logging_name="own")
    pools = asyncio.run(application(engine))
    assert {key: pools[key] for key in (("count", "own", "idle"), ("create_time", "own"), ("use_time", "own"))} == {
        ("count", "own", "idle"): 1,
        ("create_time", "own"): 1,
        ("use_time", "own"): 1,
    }
