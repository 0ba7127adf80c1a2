"""Pushing over HTTP: points a second, and points a second of the exporter's own CPU clock."""

from dataclasses import dataclass

from .served import clients, exporter


@dataclass(frozen=True)
class Pushed:
    """What came through."""

    points_a_second: float
    points_a_cpu_second: float
    failures: int


def measure(*, series: int = 1_000, seconds: float = 10, pushers: int = 4) -> Pushed:
    """Let a few clients push batches without pause."""
    with exporter("--otlp.max-series=100000", "--otlp.max-series-per-metric=100000") as server:
        with clients(server.otlp, clients=pushers, series=series, interval=0, seconds=2):
            pass
        before = server.cpu_seconds()
        with clients(server.otlp, clients=pushers, series=series, interval=0, seconds=seconds) as done:
            pass
        used = server.cpu_seconds() - before
    outcome = done[0]
    return Pushed(outcome["points"] / outcome["wall_seconds"], outcome["points"] / used, outcome["failures"])
