"""What the metrics of the process cost: each collection of garbage, each tick of an event loop, each reading."""

import asyncio
import gc
from typing import Any

from .variants import Call, Flush

_OBJECTS = 300


def _nothing() -> None:
    pass


def _measuring(endpoint: str, *, on: bool) -> Flush:
    import os

    import tachograph

    long = {"OTEL_BSP_SCHEDULE_DELAY": "3600000", "OTEL_METRIC_EXPORT_INTERVAL": "3600000"}
    os.environ |= {**long, "TACHOGRAPH_RUNTIME_METRICS": str(on).lower()}
    tachograph.setup("benchmark", endpoint)
    tachograph.instrument()
    return lambda: tachograph.flush(30)


def collected(endpoint: str, *, on: bool = True) -> tuple[Call, Flush]:
    """Make garbage and collect it, as the interpreter does every 700 objects; then begin a call, which counts it."""
    flush = _measuring(endpoint, on=on)
    import tachograph

    operation = tachograph.operation("request")(_nothing)
    gc.disable()

    def call() -> None:
        for _ in range(_OBJECTS):
            cycle: list[Any] = []
            cycle.append(cycle)
        gc.collect(0)
        operation()

    return call, flush


def ticked(endpoint: str, *, on: bool = True) -> tuple[Call, Flush]:
    """Run an event loop for a hundred rounds, with a tick in each; a loop has ten a second."""
    flush = _measuring(endpoint, on=on)
    from tachograph import runtime

    runtime._TICK_SECONDS = 0  # noqa: SLF001 - as often as the loop turns

    async def turn() -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(turn()), flush


def read(endpoint: str, *, on: bool = True) -> tuple[Call, Flush]:
    """Read what is read at each export: CPU time, memory, threads and open files."""
    flush = _measuring(endpoint, on=on)
    from tachograph.telemetry.hub import HUB

    def call() -> None:
        for metric in HUB.registry.metrics():
            list(HUB.registry.observations(metric))

    return call, flush
