"""Pushing over HTTP: points a second, and points a second of the receiver's own CPU clock."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .served import Exporter, clients, exporter


@dataclass(frozen=True)
class Pushed:
    """What came through."""

    points_a_second: float
    points_a_cpu_second: float
    failures: int
    megabytes: float


def ours() -> AbstractContextManager[Exporter]:
    """Return the exporter with room for what is pushed."""
    return exporter("--otlp.max-series=100000", "--otlp.max-series-per-metric=100000")


def measure(
    receiver: Callable[[], AbstractContextManager[Exporter]], *, series: int = 1_000, seconds: float, pushers: int = 4
) -> Pushed:
    """Let a few clients push batches without pause."""
    with receiver() as server:
        with clients(server.otlp, clients=pushers, series=series, interval=0, seconds=2):
            pass
        before = server.cpu_seconds()
        with clients(server.otlp, clients=pushers, series=series, interval=0, seconds=seconds) as done:
            pass
        used = server.cpu_seconds() - before
        megabytes = server.resident_megabytes()
    outcome = done[0]
    points = outcome["points"]
    return Pushed(points / outcome["wall_seconds"], points / used, outcome["failures"], megabytes)
