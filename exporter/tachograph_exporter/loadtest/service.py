"""What the service's own metrics say of the time of the load: operations, where time went, CPU and memory."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..collectors.textformat import Malformed
from ..live.tables import OPERATIONS
from ..past.access import Access
from ..past.client import Client
from ..past.failure import Unreachable
from ..past.measures import CPU, MEMORY, Measure
from ..past.series import Calls
from ..past.source import Source, source_at
from ..past.window import Window
from .page import State, calls, cpu_ratio, state

KINDS = ("llm", "db", "cache", "operation", "own")
_HINT = "is it an exporter of Tachograph's?"


@dataclass(frozen=True, slots=True)
class Process:
    """The CPU and memory that a service's processes used, as they report it."""

    service: str
    cpu_cores: float
    memory_bytes: float


@dataclass(frozen=True, slots=True)
class Service:
    """What was measured over a window; None and nothing where it was not."""

    operations: Sequence[Calls] = ()
    cpu_ratio: float | None = None
    memory_ratio: float | None = None
    processes: Sequence[Process] = ()

    @property
    def seconds_by_kind(self) -> Mapping[str, float]:
        """How long entry operations took, by what the time was spent on, the most first."""
        sums = {kind: sum(one.extras.get(f"{kind}_seconds", 0.0) for one in self.operations) for kind in KINDS}
        return {kind: sums[kind] for kind in sorted(sums, key=lambda kind: -sums[kind]) if sums[kind] > 0}


class Observer(Protocol):
    """Who measures the service. Its methods raise PastError."""

    settle_seconds: float

    @property
    def place(self) -> str:
        """What it is and where, for people."""

    def look(self) -> None:
        """Take note of the state now, where it does not remember by itself."""

    def between(self, start: float, end: float) -> Service:
        """Return what was measured between two moments, near both of which it had a look."""


class ExporterObserver:
    """Reads the exporter's page at each step's ends: exact to the interval at which the application reports."""

    def __init__(self, url: str, access: Access, *, service: str = "") -> None:
        self.settle_seconds = 6.0  # applications report every five seconds
        self._client = Client(url, "the exporter", access, _HINT)
        self._service = service
        self._states: list[State] = []

    @property
    def place(self) -> str:
        """What it is and where."""
        return self._client.place

    def look(self) -> None:
        """Keep the page as it is now."""
        page = self._client.text("/metrics")
        try:
            found = state(page, time.time())
        except Malformed as error:
            raise Unreachable(f"{self.place}: /metrics is no page of metrics ({error})") from None
        if not found.cpu_seconds and not found.rows:
            raise Unreachable(f"{self.place} is no exporter of Tachograph's: --exporter or --prometheus name it")
        self._states.append(found)

    def between(self, start: float, end: float) -> Service:
        """Return what was counted between the looks nearest to two moments."""
        before, after = self._near(start), self._near(end)
        seconds = max(after.at - before.at, 1e-9)
        services = {name for name in after.process_memory_bytes if not self._service or name == self._service}
        return Service(
            _of(self._service, calls(before, after)),
            cpu_ratio(before, after),
            after.memory_ratio,
            tuple(_process(name, before, after, seconds) for name in sorted(services)),
        )

    def _near(self, moment: float) -> State:
        return min(self._states, key=lambda one: abs(one.at - moment))


class PrometheusObserver:
    """Asks what Prometheus remembers; steps shorter than a few of its scrapes come out rough."""

    def __init__(self, url: str, access: Access, *, service: str = "") -> None:
        self.settle_seconds = 21.0  # a report of the application's, and then a scrape
        self._source: Source = source_at(url, access=access)
        self._service = service

    @property
    def place(self) -> str:
        """What it is and where."""
        return self._source.place

    def look(self) -> None:
        """See that it answers; it remembers by itself."""
        self._source.series(CPU, Window(time.time() - 60, time.time()), apart=False)

    def between(self, start: float, end: float) -> Service:
        """Return by how much the counters grew."""
        window = Window(start, end)
        found = _of(self._service, self._source.histograms(OPERATIONS, window))
        return Service(found, self._average(CPU, window), self._average(MEMORY, window))

    def _average(self, measure: Measure, window: Window) -> float | None:
        values = [value for series in self._source.series(measure, window) for value in series.values]
        return sum(values) / len(values) if values else None


def _of(service: str, found: Sequence[Calls]) -> Sequence[Calls]:
    return [one for one in found if not service or one.labels["service"] == service]


def _process(name: str, before: State, after: State, seconds: float) -> Process:
    used = after.process_cpu_seconds.get(name, 0.0) - before.process_cpu_seconds.get(name, 0.0)
    return Process(name, max(used, 0.0) / seconds, after.process_memory_bytes[name])
