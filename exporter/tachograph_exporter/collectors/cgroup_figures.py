"""The metrics of control groups, whoever asks for them."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..exposition.metric import Kind, Labels, Metric
from .cgroup_usage import Numbers, Usage

_METRICS: tuple[tuple[str, Kind, str], ...] = (
    ("cpu_limit_cores", "gauge", "Cores that the control group may use; +Inf without a limit."),
    ("cpu_periods_total", "counter", "Periods in which the CPU limit was enforced."),
    ("cpu_throttled_periods_total", "counter", "Periods in which the control group had used up its CPU limit."),
    ("cpu_throttled_seconds_total", "counter", "Seconds in which the control group was held up by its CPU limit."),
    ("memory_bytes", "gauge", "Memory that the control group uses, page cache included."),
    ("memory_working_set_bytes", "gauge", "Memory that the control group uses and that cannot simply be dropped."),
    ("memory_limit_bytes", "gauge", "Memory that the control group may use; +Inf without a limit."),
    ("memory_anonymous_bytes", "gauge", "Memory that is no file's."),
    ("memory_file_bytes", "gauge", "Page cache of the control group."),
    ("memory_limit_hits_total", "counter", "Times the control group came up against its memory limit."),
    ("oom_kills_total", "counter", "Processes of the control group that were killed for want of memory."),
    ("swap_bytes", "gauge", "Swap that the control group uses."),
    ("swap_limit_bytes", "gauge", "Swap that the control group may use; +Inf without a limit."),
    ("pids", "gauge", "Processes and threads of the control group."),
    ("pids_limit", "gauge", "Processes and threads that the control group may have; +Inf without a limit."),
)
_STATES = (
    ("waiting", "some", "tasks of the control group waited"),
    ("stalled", "full", "no task of the control group could go on"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What names and labels the figures have; the last label is the control group."""

    prefix: str
    label_names: tuple[str, ...]

    def metrics(self, read: Iterable[tuple[Labels, Usage]]) -> Iterator[Metric]:
        """Yield the figures of control groups, each with its labels."""
        usages = dict(read)
        documentation = "CPU seconds that the control group used."
        yield from self._by_part("cpu_seconds_total", documentation, "mode", _modes(usages))
        for name, kind, documentation in _METRICS:
            rows = [(labels, usage.numbers[name]) for labels, usage in usages.items() if name in usage.numbers]
            yield from self._metric(name, kind, documentation, rows)
        documentation = "Working set as a share of the memory limit, 0 to 1."
        yield from self._metric("memory_utilization_ratio", "gauge", documentation, list(_shares(usages)))
        for direction in ("read", "written"):
            documentation = f"Bytes {direction} by the control group."
            transferred = _parts({labels: usage.io for labels, usage in usages.items()}, direction)
            yield from self._by_part(f"{direction}_bytes_total", documentation, "device", transferred)
        for state, line, told in _STATES:
            documentation = f"Seconds in which {told}."
            stalled = _parts({labels: usage.pressure for labels, usage in usages.items()}, line)
            yield from self._by_part(f"pressure_{state}_seconds_total", documentation, "resource", stalled)

    def _by_part(
        self, name: str, documentation: str, part: str, rows: Iterator[tuple[Labels, float]]
    ) -> Iterator[Metric]:
        yield from self._metric(name, "counter", documentation, list(rows), part)

    def _metric(
        self, name: str, kind: Kind, documentation: str, rows: list[tuple[Labels, float]], *more: str
    ) -> Iterator[Metric]:
        if rows:
            yield Metric(f"{self.prefix}_{name}", kind, documentation, (*self.label_names, *more), rows)


def _modes(usages: Mapping[Labels, Usage]) -> Iterator[tuple[Labels, float]]:
    for labels, usage in usages.items():
        for mode in ("user", "system"):
            if f"cpu_{mode}" in usage.numbers:
                yield (*labels, mode), usage.numbers[f"cpu_{mode}"]


def _shares(usages: Mapping[Labels, Usage]) -> Iterator[tuple[Labels, float]]:
    for labels, usage in usages.items():
        used = usage.numbers.get("memory_working_set_bytes")
        limit = usage.numbers.get("memory_limit_bytes", math.inf)
        if used is not None and 0 < limit < math.inf:
            yield labels, used / limit


def _parts(usages: Mapping[Labels, Mapping[str, Numbers]], name: str) -> Iterator[tuple[Labels, float]]:
    for labels, parts in usages.items():
        for part, numbers in parts.items():
            if name in numbers:
                yield (*labels, part), numbers[name]
