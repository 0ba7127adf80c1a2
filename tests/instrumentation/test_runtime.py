"""The runtime from within: garbage collection, event loops, threads, memory."""

import asyncio
import gc
import time

import pytest
import uvloop

import tachograph
from tests.fixtures.telemetry import Receiver, seeing


def points(receiver: Receiver) -> dict[str, float]:
    return {
        point.metric: point.sum if point.count is None else point.count
        for point in receiver.series()
        if point.metric.startswith(("process.", "tachograph.runtime."))
    }


def test_the_process_tells_of_itself(receiver: Receiver) -> None:
    tachograph.setup("test", receiver.url)
    tachograph.instrument()
    try:
        for _ in range(5):
            gc.collect()
        tachograph.flush()
        told = points(receiver)
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
    assert sorted(told) == [
        "process.cpu.time",
        "process.memory.usage",
        "process.thread.count",
        "process.unix.file_descriptor.count",
        "tachograph.runtime.gc.pause",
    ]
    assert told["process.memory.usage"] > 10_000_000
    full = [
        point.count
        for point in receiver.series()
        if point.metric == "tachograph.runtime.gc.pause" and point.labels == {"cpython.gc.generation": 2}
    ]
    assert [count is not None and count >= 5 for count in full] == [True]


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_loop_that_is_held_up_shows(loop_factory: object, receiver: Receiver) -> None:
    async def application() -> None:
        await asyncio.sleep(0.15)
        time.sleep(0.4)
        await asyncio.sleep(0.05)

    tachograph.setup("test", receiver.url)
    tachograph.instrument()
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:  # type: ignore[arg-type] # one of two
            runner.run(application())
        tachograph.flush()
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
    (lag,) = [point for point in receiver.series() if point.metric == "tachograph.runtime.event_loop.lag"]
    assert (lag.count is not None and lag.count >= 2, 0.25 < lag.sum < 1) == (True, True)


def test_a_loop_that_runs_already_is_measured_until_it_is_taken_back(receiver: Receiver) -> None:
    def looked() -> int | None:
        tachograph.flush()
        (lag,) = [point for point in receiver.series() if point.metric == "tachograph.runtime.event_loop.lag"]
        return lag.count

    async def application() -> int | None:
        tachograph.setup("test", receiver.url)
        tachograph.instrument()
        await asyncio.sleep(0.25)
        tachograph.uninstrument()
        before = looked()
        await asyncio.sleep(0.15)
        return before

    with asyncio.Runner() as runner:
        before = runner.run(application())
        runner.run(asyncio.sleep(0.15))
    after = looked()
    tachograph.shutdown()
    assert (before is not None and before >= 1, after) == (True, before)


def test_it_may_be_switched_off(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setenv("TACHOGRAPH_RUNTIME_METRICS", "false")
    tachograph.setup("test", receiver.url)
    tachograph.instrument()
    try:
        gc.collect()
        tachograph.flush()
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
    assert points(receiver) == {}


def test_taking_it_back_leaves_nothing_behind() -> None:
    before = (list(gc.callbacks), asyncio.base_events.BaseEventLoop.run_forever, uvloop.Loop.run_forever)
    with seeing("lean"):
        pass
    assert (list(gc.callbacks), asyncio.base_events.BaseEventLoop.run_forever, uvloop.Loop.run_forever) == before
