"""What a miss costs and a hit saves: loads by their source, several levels of one name, time and money."""

import asyncio
import functools
import time
from typing import Any

import aiocache
import cachetools
import pytest

import tachograph
from tachograph import loads
from tests.fixtures.telemetry import Seeing, Series

LOAD_SECONDS = 0.02


@pytest.fixture
def name(request: pytest.FixtureRequest, telemetry: Seeing) -> str:
    """A name that no other test's cache has."""
    return f"{request.node.name} {telemetry.way}"


def points(telemetry: Seeing, name: str, metric: str) -> list[Series]:
    return [point for point in telemetry.points(f"tachograph.cache.{metric}") if point.labels["cache.name"] == name]


def told(telemetry: Seeing, name: str, metric: str) -> list[tuple[str, str | None, float]]:
    """Return level, source and the count or value of a metric's points."""
    return [
        (
            point.labels["cache.level"],
            point.labels.get("tachograph.cache.load.source"),
            point.sum if point.count is None else point.count,
        )
        for point in points(telemetry, name, metric)
    ]


def paid(number: int) -> int:
    """Make a value as a model would: slowly, and for money."""
    time.sleep(LOAD_SECONDS)
    loads.spent(0.5)
    return number * number


def test_a_function_saves_the_mean_of_its_loads_with_each_hit(name: str, telemetry: Seeing) -> None:
    function = tachograph.cache(name)(functools.lru_cache(paid))
    [function(number) for number in (1, 2, 1, 1, 2)]
    (saved,) = points(telemetry, name, "saved.time")
    assert (
        told(telemetry, name, "load.duration"),
        told(telemetry, name, "load.cost.usd"),
        told(telemetry, name, "saved.cost.usd"),
        3 * LOAD_SECONDS <= saved.sum < 3 * LOAD_SECONDS + 1,
    ) == ([("L1", "load", 2)], [("L1", None, 1.0)], [("L1", None, 1.5)], True)


def test_a_mapping_is_loaded_from_the_miss_to_the_value(name: str, telemetry: Seeing) -> None:
    cached: Any = tachograph.cache(name)({})

    def get(number: int) -> int:
        if number not in cached and cached.get(number) is None:
            cached[number] = paid(number)
        return int(cached[number])

    answers = [get(2), get(2), get(3)]
    cached["never missed"] = 1
    assert (answers, told(telemetry, name, "load.duration"), told(telemetry, name, "load.cost.usd")) == (
        [4, 4, 9],
        [("L1", "load", 2)],
        [("L1", None, 1.0)],
    )


def test_what_another_level_has_is_a_promotion_and_no_load_of_its_own(name: str, telemetry: Seeing) -> None:
    first: Any = tachograph.cache(name, level="L1")(cachetools.LRUCache(maxsize=1))
    second: Any = tachograph.cache(name, level="L2")({})

    def get(number: int) -> int:
        value = first.get(number)
        if value is None:
            value = second.get(number)
            if value is None:
                value = second[number] = paid(number)
            first[number] = value
        return int(value)

    answers = [get(1), get(2), get(1), get(1)]
    assert (
        answers,
        told(telemetry, name, "load.duration"),
        told(telemetry, name, "promotions"),
        told(telemetry, name, "load.cost.usd"),
    ) == (
        [1, 4, 1, 1],
        [("L1", "L2", 1), ("L1", "load", 2), ("L2", "load", 2)],
        [("L1", "L2", 1)],
        [("L1", None, 1.0), ("L2", None, 1.0)],
    )


def test_a_table_is_the_last_of_three_levels(name: str, telemetry: Seeing) -> None:
    rows = {1: "one", 2: "two"}
    memory: Any = tachograph.cache(name, level="L1")(cachetools.LRUCache(maxsize=8))
    shared: Any = tachograph.cache(name, level="L2")({})

    @tachograph.cache(name, level="L3")
    def row(number: int) -> str | None:
        """Read a row."""
        return rows.get(number)

    @tachograph.cache(f"async {name}", level="L3")
    async def async_row(number: int) -> str | None:
        return rows.get(number)

    def get(number: int) -> str | None:
        if number not in memory and memory.get(number) is None:
            value = shared.get(number)
            if value is None:
                value = row(number)
                if value is None:
                    return None
                shared[number] = value
            memory[number] = value
        return str(memory[number])

    answers = [get(1), get(2), get(1), get(3), asyncio.run(async_row(1)), row.__doc__]
    requests = {
        (point.labels["cache.name"], point.labels["cache.level"], point.labels["cache.request.result"]): point.sum
        for point in telemetry.points("cache.requests")
        if point.labels["cache.name"].endswith(name)
    }
    assert (
        answers,
        told(telemetry, name, "promotions"),
        requests[name, "L3", "hit"],
        requests[name, "L3", "miss"],
    ) == (
        ["one", "two", "one", None, "one", "Read a row."],
        [("L1", "L3", 2), ("L2", "L3", 2)],
        2,
        1,
    )
    assert requests[f"async {name}", "L3", "hit"] == 1
    durations = told(telemetry, name, "request.duration")
    assert [(level, count) for level, _, count in durations] == [("L3", 2), ("L3", 1)]


def test_loads_side_by_side_pay_for_themselves_alone(name: str, telemetry: Seeing) -> None:
    async def application() -> None:
        cached = tachograph.cache(name)(aiocache.SimpleMemoryCache())

        async def get(number: int, usd: float) -> None:
            if await cached.get(number) is None:
                await asyncio.sleep(0)
                loads.spent(usd)
                await asyncio.sleep(0)
                await cached.set(number, number)

        await asyncio.gather(get(1, 0.25), get(2, 4.0))
        await cached.get(1)

    asyncio.run(application())
    assert (told(telemetry, name, "load.cost.usd"), told(telemetry, name, "saved.cost.usd")) == (
        [("L1", None, 4.25)],
        [("L1", None, 2.125)],
    )


def test_misses_that_are_never_loaded_are_forgotten(name: str, telemetry: Seeing) -> None:
    cached: Any = tachograph.cache(name)({})
    for number in range(5_000):
        cached.get(number)
    cached[0] = "its miss was forgotten"
    cached[4_999] = "its miss was not"
    assert told(telemetry, name, "load.duration") == [("L1", "load", 1)]
