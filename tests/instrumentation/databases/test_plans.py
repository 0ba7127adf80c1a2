"""Plans of slow SELECTs, where asked for: what is published, and that nobody notices but in time."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

import tachograph
from tachograph.databases import plans
from tachograph.sql.plan import Plan, postgresql_plan, sqlite_plan
from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Seeing, seeing

# Its function is volatile: whoever ran it twice would be found out.
SETUP = """
DROP TABLE IF EXISTS visits, planned;
CREATE TABLE visits (name text);
CREATE TABLE planned (id int, name text);
INSERT INTO planned SELECT n, 'name ' || n FROM generate_series(1, 3) n;
CREATE OR REPLACE FUNCTION slow(name text) RETURNS text VOLATILE AS
$$ BEGIN PERFORM pg_sleep(0.02); RETURN name; END $$ LANGUAGE plpgsql;
"""
SELECT = "SELECT id, slow(name) FROM planned WHERE name <> 'secret' AND id < %s ORDER BY name"
PLAN = "Result > Sort > Seq Scan on planned"
ROWS = [(1, "name 1"), (2, "name 2")]


@pytest.fixture
def explaining(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeing]:
    """Statements are slow from 10 ms, and explained."""
    monkeypatch.setenv("TACHOGRAPH_DB_SLOW_SECONDS", "0.01")
    monkeypatch.setenv("TACHOGRAPH_DB_EXPLAIN", "true")
    with seeing("lean") as seen:
        yield seen


@pytest.fixture
def database(postgres: Postgres) -> Postgres:
    """The server, with what the tests here read."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute(SETUP)
    return postgres


def published(telemetry: Seeing) -> list[tuple[str, bool]]:
    """Return each plan of a statement of ours, and whether it has a cost; a driver's own may be slow too."""
    points = telemetry.points("tachograph.db.statement.plan")
    return [
        (point.labels["tachograph.db.plan"], point.sum > 0)
        for point in points
        if "planned" in point.labels["db.query.summary"]
    ]


def psycopg_in_transaction(dsn: str) -> Any:
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO visits VALUES ('kept')")
        cursor.execute(SELECT, (3,))
        rowcount, first, rest = cursor.rowcount, cursor.fetchone(), cursor.fetchall()
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
        cursor.execute("INSERT INTO visits VALUES ('kept too')")
        return [first, *rest], rowcount


def psycopg_alone(dsn: str) -> Any:
    with psycopg.connect(dsn, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        cursor = connection.execute(SELECT, (3,), prepare=True)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        return [tuple(row.values()) for row in cursor], cursor.rowcount


def psycopg_client_side(dsn: str) -> Any:
    with psycopg.connect(dsn, cursor_factory=psycopg.ClientCursor) as connection:
        cursor = connection.execute(SELECT, (3,))
        return cursor.fetchall(), cursor.rowcount


def psycopg_async(dsn: str) -> Any:
    async def main() -> Any:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            cursor = await connection.execute(SELECT, (3,))
            return await cursor.fetchall(), cursor.rowcount

    return asyncio.run(main())


def psycopg2_in_transaction(dsn: str) -> Any:
    connection = psycopg2.connect(dsn, cursor_factory=psycopg2.extras.RealDictCursor)
    cursor = connection.cursor()
    cursor.execute("INSERT INTO visits VALUES ('kept')")
    cursor.execute(SELECT, (3,))
    rows, rowcount = [tuple(row.values()) for row in cursor], cursor.rowcount
    assert connection.notices == []
    connection.commit()
    connection.close()
    return rows, rowcount


def psycopg2_alone(dsn: str) -> Any:
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(SELECT, (3,))
    status = connection.get_transaction_status()
    assert (status, connection.notices) == (psycopg2.extensions.TRANSACTION_STATUS_IDLE, [])
    rows, rowcount = cursor.fetchall(), cursor.rowcount
    connection.close()
    return rows, rowcount


def asyncpg_alone(dsn: str) -> Any:
    async def main() -> Any:
        connection = await asyncpg.connect(dsn)
        # What the application has set for its own values is none of the plan's business.
        await connection.set_type_codec("json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        rows = await connection.fetch(SELECT.replace("%s", "$1"), 3)
        assert not connection.is_in_transaction()
        await connection.close()
        return [tuple(row) for row in rows], len(rows)

    return asyncio.run(main())


def asyncpg_in_transaction(dsn: str) -> Any:
    async def main() -> Any:
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
        async with connection.transaction():
            await connection.execute("INSERT INTO visits VALUES ('kept')")
            statement = await connection.prepare(SELECT.replace("%s", "$1"))
            rows = await statement.fetch(3)
            assert await connection.fetchval("SHOW transaction_read_only") == "off"
            assert await connection.fetchval("SHOW lock_timeout") == "0"
        await connection.close()
        return [tuple(row) for row in rows], len(rows)

    return asyncio.run(main())


def through_sqlalchemy(driver: str) -> Callable[[str], Any]:
    statement = sqlalchemy.text(SELECT.replace("%s", ":most"))

    def sync(dsn: str) -> Any:
        engine = sqlalchemy.create_engine(dsn.replace("postgresql", f"postgresql+{driver}"))
        with engine.begin() as connection:
            found = connection.execute(statement, {"most": 3})
            answer = [tuple(row) for row in found.fetchall()], 2
        engine.dispose()
        return answer

    def asynchronous(dsn: str) -> Any:
        async def main() -> Any:
            engine = create_async_engine(dsn.replace("postgresql", f"postgresql+{driver}"))
            async with engine.begin() as connection:
                found = await connection.execute(statement, {"most": 3})
                answer = [tuple(row) for row in found.fetchall()], 2
            await engine.dispose()
            return answer

        return asyncio.run(main())

    chosen = asynchronous if driver == "asyncpg" else sync
    chosen.__name__ = f"sqlalchemy_{driver}"
    return chosen


APPLICATIONS = (
    psycopg_in_transaction,
    psycopg_alone,
    psycopg_client_side,
    psycopg_async,
    psycopg2_in_transaction,
    psycopg2_alone,
    asyncpg_alone,
    asyncpg_in_transaction,
    *map(through_sqlalchemy, ("psycopg", "psycopg2", "asyncpg")),
)


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.__name__)
def test_postgresql_explains_and_the_application_goes_on_as_ever(
    application: Callable[[str], Any], database: Postgres, explaining: Seeing
) -> None:
    failures = tachograph.status().failures
    assert (application(database.dsn), published(explaining)) == ((ROWS, 2), [(PLAN, True)])
    assert "secret" not in str(explaining.series) + str(explaining.spans)
    assert not any("EXPLAIN" in str(span) for span in explaining.spans)
    assert tachograph.status().failures == failures
    with psycopg.connect(database.dsn) as connection:
        kept = [name for (name,) in connection.execute("SELECT name FROM visits")]
    assert kept == {"psycopg_in_transaction": ["kept", "kept too"]}.get(
        application.__name__, ["kept"] if "in_transaction" in application.__name__ else []
    )


GATED = "SELECT id, pg_advisory_xact_lock_shared(6) FROM planned ORDER BY id"


def test_whoever_waits_for_a_lock_holds_the_application_up_for_a_moment_alone(
    database: Postgres, explaining: Seeing
) -> None:
    locks = "SELECT count(*) FROM pg_locks WHERE relation = 'planned'::regclass AND"

    async def main() -> list[Any]:
        reader, locker, gate = [await asyncpg.connect(database.dsn) for _ in range(3)]
        async with asyncio.timeout(60):
            await gate.execute("SELECT pg_advisory_lock(6)")
            reading = asyncio.create_task(reader.fetch(GATED))
            while not await gate.fetchval(f"{locks} granted"):
                await asyncio.sleep(0)
            # It is granted as soon as the SELECT has ended; the EXPLAIN comes too late.
            locking = asyncio.create_task(locker.execute("BEGIN; LOCK TABLE planned IN ACCESS EXCLUSIVE MODE"))
            while not await gate.fetchval(f"{locks} NOT granted"):
                await asyncio.sleep(0)
            await gate.execute("SELECT pg_sleep(0.02), pg_advisory_unlock(6)")
            rows = await reading
            await locking
            await locker.execute("ROLLBACK")
            assert (await reader.fetchval("SHOW lock_timeout"), reader.is_in_transaction()) == ("0", False)
        for connection in (reader, locker, gate):
            await connection.close()
        return [row["id"] for row in rows]

    assert (asyncio.run(main()), published(explaining)) == ([1, 2, 3], [])


PLANNED_SLOWLY = """
CREATE OR REPLACE FUNCTION thinks() RETURNS int IMMUTABLE AS
$$ BEGIN PERFORM pg_sleep(0.2); RETURN 3; END $$ LANGUAGE plpgsql;
CREATE OR REPLACE FUNCTION visits() RETURNS int VOLATILE AS
$$ BEGIN INSERT INTO visits VALUES ('by a function'); PERFORM pg_sleep(0.02); RETURN 3; END $$ LANGUAGE plpgsql;
CREATE OR REPLACE FUNCTION visits_and_denies_it() RETURNS int IMMUTABLE AS
$$ BEGIN RETURN visits(); END $$ LANGUAGE plpgsql;
"""


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_call_that_is_cancelled_while_it_is_explained_leaves_the_connection_well(
    driver: str, database: Postgres, explaining: Seeing
) -> None:
    text = "SELECT id FROM planned WHERE id < thinks() ORDER BY id"

    async def by_asyncpg() -> Any:
        connection = await asyncpg.connect(database.dsn)
        await connection.execute(PLANNED_SLOWLY)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.fetch(text), 0.3)
        answer = connection.is_in_transaction(), await connection.fetchval("SHOW transaction_read_only")
        await connection.close()
        return answer

    async def by_psycopg() -> Any:
        async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as connection:
            await connection.execute(PLANNED_SLOWLY)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.execute(text), 0.3)
            in_transaction = connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
            cursor = await connection.execute("SHOW transaction_read_only")
            return in_transaction, (await cursor.fetchone() or ("",))[0]

    assert asyncio.run({"asyncpg": by_asyncpg, "psycopg": by_psycopg}[driver]()) == (False, "off")
    assert published(explaining) == []


async def cancelled_everywhere(run: Callable[[], Any], is_well: Callable[[], Any]) -> set[Any]:
    """Cancel a call ever later, through all that it does; return what came of it and how the connection was then."""
    outcomes = set()
    for step in range(100):
        call, cancelled_at = asyncio.ensure_future(run()), time.perf_counter() + step * 50e-6
        while time.perf_counter() < cancelled_at and not call.done():
            # A timer of the loop's would go off on whole milliseconds.
            await asyncio.sleep(0)
        call.cancel()
        ended: Any = (await asyncio.gather(call, return_exceptions=True))[0]
        outcomes.add((isinstance(ended, asyncio.CancelledError | list), await is_well()))
    return outcomes


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_call_may_be_cancelled_at_any_moment(
    driver: str, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SLOW_SECONDS", "0.0000001"), ("EXPLAIN", "true"), ("EXPLAIN_SECONDS", "0.0000001")):
        monkeypatch.setenv(f"TACHOGRAPH_DB_{name}", value)

    async def by_asyncpg() -> set[Any]:
        connection = await asyncpg.connect(database.dsn)

        async def is_well() -> Any:
            return connection.is_in_transaction(), await connection.fetchval("SHOW transaction_read_only")

        outcomes = await cancelled_everywhere(lambda: connection.fetch("SELECT id FROM planned"), is_well)
        await connection.close()
        return outcomes

    async def by_psycopg() -> set[Any]:
        async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as connection:

            async def run() -> Any:
                return await (await connection.execute("SELECT id FROM planned")).fetchall()

            async def is_well() -> Any:
                in_transaction = connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
                return in_transaction, *(await (await connection.execute("SHOW transaction_read_only")).fetchall())[0]

            return await cancelled_everywhere(run, is_well)

    with seeing("lean"):
        outcomes = asyncio.run({"asyncpg": by_asyncpg, "psycopg": by_psycopg}[driver]())
    assert outcomes == {(True, (False, "off"))}


def test_a_function_that_the_planner_runs_can_write_nothing(database: Postgres, explaining: Seeing) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(PLANNED_SLOWLY)
        rows = connection.execute("SELECT id FROM planned WHERE id < visits_and_denies_it()").fetchall()
        visits = connection.execute("SELECT count(*) FROM visits").fetchone()
    assert (rows, visits, published(explaining)) == ([(1,), (2,)], (1,), [])


LONG = ", ".join(f"lower('a{number}')" for number in range(600))
WRITING = (
    "WITH new AS (INSERT INTO planned SELECT 4, slow('x') RETURNING id) SELECT id FROM new",
    "SELECT id, slow(name) FROM planned FOR UPDATE",
    "SELECT id, slow(name) FROM planned FOR KEY SHARE",
    "SELECT id, slow(name) INTO TEMPORARY copied FROM planned",
    "UPDATE planned SET name = slow(name)",
    "SELECT slow('a'); SELECT id FROM planned",
    f"SELECT id, slow(name) FROM planned WHERE name <> ANY (ARRAY[{LONG}])",
)


@pytest.mark.parametrize("text", WRITING, ids=lambda text: text[:40])
def test_what_may_write_or_was_not_read_to_its_end_is_never_explained(
    text: str, database: Postgres, explaining: Seeing
) -> None:
    with psycopg.connect(database.dsn) as connection:
        connection.execute(text)
    assert (published(explaining), len(explaining.points("tachograph.db.statement.slow"))) == ([], 1)


def slowly(value: Any) -> Any:
    time.sleep(0.012)
    return value


def in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.create_function("slow", 1, slowly)
    connection.execute("CREATE TABLE planned (id int, name text)")
    connection.executemany("INSERT INTO planned VALUES (?, ?)", [(number, f"name {number}") for number in range(4)])
    return connection


IN_SQLITE = "SELECT id, slow(name) FROM planned WHERE name <> 'secret' AND id < ? ORDER BY name"


def step_by_step(connection: sqlite3.Connection) -> Any:
    cursor = connection.execute(IN_SQLITE, (3,))
    return cursor.fetchone(), cursor.fetchmany(1), [*cursor], cursor.rowcount, connection.in_transaction


def one_row_alone(connection: sqlite3.Connection) -> Any:
    return connection.execute(f"{IN_SQLITE} LIMIT 1", (3,)).fetchone()


def by_name_and_its_own_factories(connection: sqlite3.Connection) -> Any:
    connection.row_factory, connection.text_factory = sqlite3.Row, bytes
    rows = connection.execute(IN_SQLITE.replace("?", ":most"), {"most": 2})
    return [tuple(row) for row in rows]


def sqlalchemys(connection: sqlite3.Connection) -> Any:
    connection.commit()
    engine = sqlalchemy.create_engine("sqlite://", creator=lambda: connection)
    with engine.connect() as used:
        return [tuple(row) for row in used.exec_driver_sql(IN_SQLITE, (2,))]


IN_SQLITE_EXPECTED = {
    sqlalchemys: [(0, "name 0"), (1, "name 1")],
    step_by_step: ((0, "name 0"), [(1, "name 1")], [(2, "name 2")], -1, True),
    one_row_alone: (0, "name 0"),
    by_name_and_its_own_factories: [(0, b"name 0"), (1, b"name 1")],
}


@pytest.mark.parametrize("application", IN_SQLITE_EXPECTED, ids=lambda application: application.__name__)
def test_sqlite_explains_and_the_application_goes_on_as_ever(application: Any, explaining: Seeing) -> None:
    failures = tachograph.status().failures
    assert application(in_memory()) == IN_SQLITE_EXPECTED[application]
    assert published(explaining) == [("SCAN planned, USE TEMP B-TREE FOR ORDER BY", False)]
    assert ("secret" in str(explaining.series), tachograph.status().failures) == (False, failures)


@pytest.mark.parametrize("function", ["wanted", "tell"])
@pytest.mark.parametrize(
    "application", [psycopg_alone, psycopg_async, psycopg2_in_transaction, asyncpg_alone, asyncpg_in_transaction, None]
)
@pytest.mark.usefixtures("explaining")
def test_an_error_of_ours_stays_with_us(
    function: str, application: Any, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, function, lambda *_: 1 / 0)
    failures = tachograph.status().failures
    if application is None:
        assert step_by_step(in_memory()) == IN_SQLITE_EXPECTED[step_by_step]
    else:
        assert application(database.dsn) == (ROWS, 2)
    assert tachograph.status().failures > failures


def test_a_plan_is_asked_for_once_in_a_while_and_a_new_one_takes_the_place_of_the_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(connection: sqlite3.Connection, telemetry: Seeing) -> list[str]:
        for _ in range(2):
            connection.execute(IN_SQLITE, (3,)).fetchall()
            connection.execute("CREATE INDEX IF NOT EXISTS by_id ON planned (id)")
        return [plan for plan, _ in published(telemetry)]

    monkeypatch.setenv("TACHOGRAPH_DB_SLOW_SECONDS", "0.01")
    with seeing("lean") as off:
        assert told(in_memory(), off) == []
    monkeypatch.setenv("TACHOGRAPH_DB_EXPLAIN", "true")
    with seeing("lean") as on:
        assert told(in_memory(), on) == ["SCAN planned, USE TEMP B-TREE FOR ORDER BY"]
    monkeypatch.setenv("TACHOGRAPH_DB_EXPLAIN_SECONDS", "0.000001")
    with seeing("lean") as each:
        assert told(in_memory(), each) == ["SEARCH planned USING INDEX by_id, USE TEMP B-TREE FOR ORDER BY"]


def test_the_operation_that_it_ran_in_is_told_the_plan(explaining: Seeing) -> None:
    with tachograph.operation("review"):
        in_memory().execute(IN_SQLITE, (3,)).fetchall()
    (events,) = [span.events for span in explaining.spans if span.name == "review"]
    assert [(name, told["tachograph.db.plan"], told["db.query.summary"]) for name, told in events] == [
        ("tachograph.db.statement.plan", "SCAN planned, USE TEMP B-TREE FOR ORDER BY", "SELECT planned")
    ]


def test_a_plan_is_operations_and_names_alone() -> None:
    seq = {"Node Type": "Seq Scan", "Relation Name": "a", "Filter": "(name = 'secret')"}
    index = {"Node Type": "Index Scan", "Relation Name": "b", "Index Name": "b_pkey", "Index Cond": "(id = 7)"}
    node = {
        "Node Type": "Hash Join",
        "Total Cost": 12.5,
        "Plan Rows": 3,
        "Plans": [seq, {"Node Type": "Hash", "Plans": [index]}],
    }
    expected = Plan("Hash Join (Seq Scan on a, Hash > Index Scan using b_pkey on b)", 12.5, 3)
    assert (postgresql_plan([{"Plan": node}]), postgresql_plan(json.dumps([{"Plan": node}]))) == (expected, expected)
    details = ("SEARCH a USING INDEX i (name=? AND id>?)", "SCAN f VIRTUAL TABLE INDEX 0:M1secret", "SCAN (subquery-1)")
    assert sqlite_plan((0, 0, 0, detail) for detail in details) == Plan(
        "SEARCH a USING INDEX i, SCAN f VIRTUAL TABLE, SCAN (subquery-1)"
    )
    assert (postgresql_plan([]), postgresql_plan({"Plan": 1}), sqlite_plan([])) == (None, None, None)
