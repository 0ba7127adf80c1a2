"""Where the time of an entry operation goes: all of it, and none of it twice."""

import asyncio
import time
from typing import Any

import pytest

import tachograph
from tachograph import call as calls
from tachograph.clock import Clock, split
from tachograph.model import DB_BUCKETS, Metric, Shape, Subject
from tests.fixtures.telemetry import Seeing

LLM, DB, CACHE, OPERATION = 1, 2, 4, 8
SECOND = 10**9


def after(*events: tuple[float, str, int], end: float = 10) -> dict[str, float]:
    """Return the split of an entry from 0 to `end` seconds within which these calls begin and end."""
    clock = Clock(0)
    for seconds, what, bit in sorted(events, key=lambda event: event[0]):
        getattr(clock, what)(bit, round(seconds * SECOND))
    return split(clock, round(end * SECOND))


def during(bit: int, start: float, stop: float) -> tuple[tuple[float, str, int], tuple[float, str, int]]:
    return (start, "begin", bit), (stop, "end", bit)


CASES: dict[str, tuple[list[Any], dict[str, float]]] = {
    "nothing below": ([], {"own": 10}),
    "one after the other": ([during(LLM, 1, 3), during(DB, 4, 5)], {"llm": 2, "db": 1, "own": 7}),
    "two of a kind at once": ([during(LLM, 1, 5), during(LLM, 2, 6)], {"llm": 5, "own": 5}),
    "two kinds at once share": ([during(LLM, 0, 6), during(DB, 4, 8)], {"llm": 5, "db": 3, "own": 2}),
    "a call within an operation": (
        [during(OPERATION, 1, 7), during(CACHE, 2, 4)],
        {"cache": 2, "operation": 4, "own": 4},
    ),
    "one that outlives the entry": ([((8, "begin", DB),)], {"db": 2, "own": 8}),
    "many at once": ([during(DB, 1, 9) for _ in range(100)], {"db": 8, "own": 2}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_instant_is_counted_once(case: str) -> None:
    calls_below, expected = CASES[case]
    assert after(*(event for call in calls_below for event in call)) == pytest.approx(expected)


def shape(kind: Any) -> Shape:
    duration = Metric(f"acme.{kind}", "histogram", "s", "Duration.", DB_BUCKETS)
    return Shape(Subject(kind, duration, (), leaf=True), kind)


SHAPES = {kind: shape(kind) for kind in ("llm", "db", "cache")}


async def take(kind: str, seconds: float) -> None:
    call = calls.begin(SHAPES[kind])
    await asyncio.sleep(seconds)
    if call is not None:
        calls.finish(call)


def test_the_split_is_a_metric_for_all_requests_whatever_is_sampled(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    telemetry: Seeing = request.getfixturevalue("lean")

    async def application() -> None:
        async with tachograph.operation("request"):
            await asyncio.gather(take("llm", 0.04), take("llm", 0.05), take("db", 0.02))
            async with tachograph.operation("inner"):
                await take("cache", 0.01)
                time.sleep(0.02)
            time.sleep(0.03)

    asyncio.run(application())
    told = {
        (point.labels["tachograph.operation.name"], point.labels["tachograph.time.kind"]): point.sum
        for point in telemetry.points("tachograph.operation.time")
    }
    (duration,) = [
        point.sum
        for point in telemetry.points("tachograph.operation.duration")
        if point.labels["tachograph.operation.name"] == "request"
    ]
    assert sum(told.values()) == pytest.approx(duration)
    assert sorted(told) == [("request", kind) for kind in ("cache", "db", "llm", "operation", "own")]
    at_least = {"llm": 0.02, "db": 0.005, "cache": 0.01, "operation": 0.02, "own": 0.03}
    assert [kind for kind, seconds in at_least.items() if told["request", kind] < seconds * 0.9] == []


def test_only_the_entry_is_split(telemetry: Seeing) -> None:
    with tachograph.operation("outer"), tachograph.operation("inner"):
        pass
    names = {point.labels["tachograph.operation.name"] for point in telemetry.points("tachograph.operation.time")}
    assert names == {"outer"}
