"""Connection pools: the whole `db.client.connection.*` set, by a name that stays."""

import asyncio
import gc
from typing import Any

import asyncpg
import psycopg_pool
import pytest

import tachograph
from tests.fixtures.postgres import Postgres
from tests.fixtures.process import free_port, wait_until
from tests.fixtures.telemetry import Seeing, Seen

METRICS = (
    "db.client.connection.count",
    "db.client.connection.idle.max",
    "db.client.connection.idle.min",
    "db.client.connection.max",
    "db.client.connection.pending_requests",
    "db.client.connection.timeouts",
    "db.client.connection.create_time",
    "db.client.connection.wait_time",
    "db.client.connection.use_time",
)


def seen(telemetry: Seeing) -> dict[tuple[str, ...], float]:
    """Return, by metric, pool and state, a histogram's count and any other metric's value."""
    gc.collect()
    return {
        (
            point.metric.removeprefix("db.client.connection."),
            point.labels["db.client.connection.pool.name"],
            *(value for key, value in point.labels.items() if key.endswith("state")),
        ): point.sum if point.count is None else point.count
        for point in telemetry.points(*METRICS)
    }


def name(postgres: Postgres) -> str:
    return f"{postgres.host}:{postgres.port}/{postgres.database}"


def test_asyncpgs_pool(postgres: Postgres, telemetry: Seeing) -> None:
    async def application() -> Any:
        async with asyncpg.create_pool(postgres.dsn, min_size=1, max_size=2) as pool:
            async with pool.acquire() as first, pool.acquire() as second:
                await first.execute("SELECT 1")
                await second.execute("SELECT 1")
                with pytest.raises(TimeoutError):
                    await pool.acquire(timeout=0.01)
                waiting = asyncio.create_task(pool.fetchval("SELECT 1"))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                busy = await asyncio.to_thread(seen, telemetry)
            await waiting
            return busy, await asyncio.to_thread(seen, telemetry)

    busy, idle = asyncio.run(application())
    pool = name(postgres)
    limits: dict[tuple[str, ...], float] = {("idle.max", pool): 2, ("idle.min", pool): 1, ("max", pool): 2}
    closed = {("timeouts", pool): 1, ("create_time", pool): 2, ("wait_time", pool): 4, ("use_time", pool): 3}
    assert (busy, idle, seen(telemetry)) == (
        {
            **limits,
            ("count", pool, "idle"): 0,
            ("count", pool, "used"): 2,
            ("pending_requests", pool): 1,
            ("timeouts", pool): 1,
            ("create_time", pool): 2,
            ("wait_time", pool): 3,
        },
        {
            **limits,
            ("count", pool, "idle"): 2,
            ("count", pool, "used"): 0,
            ("pending_requests", pool): 0,
            ("timeouts", pool): 1,
            ("create_time", pool): 2,
            ("wait_time", pool): 4,
            ("use_time", pool): 3,
        },
        # A pool that was closed is there no more; what it counted stays.
        closed,
    )


def test_pools_of_one_database_are_told_apart(postgres: Postgres, telemetry: Seeing) -> None:
    async def application() -> Any:
        async with (
            asyncpg.create_pool(postgres.dsn, min_size=1, max_size=1),
            asyncpg.create_pool(postgres.dsn, min_size=1, max_size=3),
        ):
            return await asyncio.to_thread(seen, telemetry)

    both = asyncio.run(application())
    assert {pool: value for (metric, pool, *_), value in both.items() if metric == "max"} == {
        name(postgres): 1,
        f"{name(postgres)}#2": 3,
    }


def test_psycopgs_pool(postgres: Postgres, telemetry: Seeing) -> None:
    with psycopg_pool.ConnectionPool(postgres.dsn, min_size=1, max_size=2, open=True) as pool:
        pool.wait()
        with pool.connection() as first, pool.connection() as second:
            first.execute("SELECT 1")
            second.execute("SELECT 1")
            with pytest.raises(psycopg_pool.PoolTimeout):
                pool.getconn(timeout=0.01)
        idle = seen(telemetry)
    own = name(postgres)
    assert idle == {
        ("idle.max", own): 2,
        ("idle.min", own): 1,
        ("max", own): 2,
        ("count", own, "idle"): 2,
        ("count", own, "used"): 0,
        ("pending_requests", own): 0,
        ("timeouts", own): 1,
        ("create_time", own): 2,
        ("wait_time", own): 3,
        ("use_time", own): 2,
    }


def test_a_pool_whose_database_is_away_tells_of_its_timeouts(telemetry: Seeing) -> None:
    where = f"127.0.0.1:{free_port()}/away"
    with psycopg_pool.ConnectionPool(f"postgresql://{where}", min_size=1, open=True, reconnect_timeout=0.1) as pool:
        with pytest.raises(psycopg_pool.PoolTimeout):
            pool.getconn(timeout=0.01)
        wait_until(lambda: pool.get_stats()["pool_size"] == 0, what="the pool to give up")  # it counts those it makes
        pools = seen(telemetry)
    assert {key: pools.get(key) for key in (("timeouts", where), ("wait_time", where), ("count", where, "used"))} == {
        ("timeouts", where): 1,
        ("wait_time", where): 1,
        ("count", where, "used"): 0,
    }


def test_psycopgs_async_pool_by_its_own_name(postgres: Postgres, telemetry: Seeing) -> None:
    async def application() -> Any:
        async with psycopg_pool.AsyncConnectionPool(
            postgres.dsn, min_size=1, max_size=2, open=False, name="own"
        ) as pool:
            await pool.wait()
            async with pool.connection() as connection:
                await connection.execute("SELECT 1")
            return await asyncio.to_thread(seen, telemetry)

    assert asyncio.run(application()) == {
        ("idle.max", "own"): 2,
        ("idle.min", "own"): 1,
        ("max", "own"): 2,
        ("count", "own", "idle"): 1,
        ("count", "own", "used"): 0,
        ("pending_requests", "own"): 0,
        ("create_time", "own"): 1,
        ("wait_time", "own"): 1,
        ("use_time", "own"): 1,
    }


def test_a_wait_is_a_span_and_the_databases_share_of_the_operations_time(postgres: Postgres, telemetry: Seeing) -> None:
    async def application() -> None:
        async with asyncpg.create_pool(postgres.dsn, min_size=1, max_size=1) as pool:
            async with pool.acquire(), tachograph.operation("starved"):
                with pytest.raises(TimeoutError):
                    await pool.acquire(timeout=0.05)
            async with tachograph.operation("served"), pool.acquire() as connection:
                await connection.fetchval("SELECT 1")

    asyncio.run(application())
    told = {"db.operation.name": "ACQUIRE", "db.client.connection.pool.name": name(postgres)}
    assert [span for span in telemetry.spans if span.parent == "starved"] == [
        Seen("ACQUIRE", "CLIENT", told | {"error.type": "timeout"}, parent="starved", error="timeout")
    ]
    (waited,) = [
        point.sum
        for point in telemetry.points("tachograph.operation.time")
        if point.labels == {"tachograph.operation.name": "starved", "tachograph.time.kind": "db"}
    ]
    assert 0.04 < waited < 1
    # What the pool has at hand is no span, unless the machine is busy, nor is what asyncpg runs when it comes back.
    served = [span.name for span in telemetry.spans if span.parent == "served"]
    assert [name for name in served if name != "ACQUIRE"] == ["SELECT"]
