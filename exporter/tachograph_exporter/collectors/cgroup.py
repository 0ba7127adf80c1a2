"""Limits, use, throttling, out-of-memory kills and pressure of control groups: the container's view, not the host's."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .cgroup_tree import Tree
from .cgroup_usage import Usage
from .collector import Collector, NoData
from .files import Files
from .options import Options, option

_ROOT_GROUP = "the exporter is in the root control group, whose figures are the host's"
_NONE_OF_THOSE = "there is none of the control groups that are named, or they are empty"
_METRICS: tuple[tuple[str, Kind, str], ...] = (
    ("cpu_limit_cores", "gauge", "Cores that the group may use; +Inf without a limit."),
    ("cpu_periods_total", "counter", "Periods in which the CPU limit was enforced."),
    ("cpu_throttled_periods_total", "counter", "Periods in which the group had used up its CPU limit."),
    ("cpu_throttled_seconds_total", "counter", "Seconds in which the group was held up by its CPU limit."),
    ("memory_bytes", "gauge", "Memory that the group uses, page cache included."),
    ("memory_working_set_bytes", "gauge", "Memory that the group uses and that cannot simply be dropped."),
    ("memory_limit_bytes", "gauge", "Memory that the group may use; +Inf without a limit."),
    ("memory_anonymous_bytes", "gauge", "Memory that is no file's."),
    ("memory_file_bytes", "gauge", "Page cache of the group."),
    ("memory_limit_hits_total", "counter", "Times the group came up against its memory limit."),
    ("oom_kills_total", "counter", "Processes of the group that were killed for want of memory."),
    ("swap_bytes", "gauge", "Swap that the group uses."),
    ("swap_limit_bytes", "gauge", "Swap that the group may use; +Inf without a limit."),
    ("pids", "gauge", "Processes and threads of the group."),
    ("pids_limit", "gauge", "Processes and threads that the group may have; +Inf without a limit."),
)
_STATES = (("waiting", "some", "tasks of the group waited"), ("stalled", "full", "no task of the group could go on"))


@dataclass(frozen=True, slots=True)
class CgroupOptions(Options):
    """Whose figures are read."""

    groups: tuple[str, ...] = option(
        (), "Group to report, such as /system.slice/nginx.service; the exporter's own where none is given."
    )


class Cgroups(Collector):
    """Reads the exporter's own group, which in a container is the container's, or those that are named."""

    name = "cgroup"
    options_type = CgroupOptions
    options: CgroupOptions

    def __init__(self, host: Host, options: Options | None = None, *, inside: Host | None = None) -> None:
        super().__init__(host, options)
        # inside a container that is shown the host's /sys, its own one shows its own group
        inside = inside or Host()
        self._trees = [Tree(one, Files(one)) for one in dict.fromkeys((host, inside))]

    def collect(self) -> Iterator[Metric]:
        """Yield each group's figures, with the group as label."""
        usages = self._usages()
        if not usages:
            raise NoData("the kernel has no control groups, or they are not mounted at /sys/fs/cgroup")
        if not any(usage.numbers for usage in usages.values()):
            raise NoData(_NONE_OF_THOSE if self.options.groups else _ROOT_GROUP)
        yield from _cpu_seconds(usages)
        for name, kind, documentation in _METRICS:
            rows = [((group,), usage.numbers[name]) for group, usage in usages.items() if name in usage.numbers]
            if rows:
                yield Metric(f"tachograph_cgroup_{name}", kind, documentation, ("cgroup",), rows)
        yield from _shares(usages)
        yield from _io(usages)
        yield from _pressure(usages)

    def close(self) -> None:
        """Close what was kept open."""
        super().close()
        for tree in self._trees:
            tree.close()

    def _usages(self) -> Mapping[str, Usage]:
        if self.options.groups:
            return self._trees[0].usages(self.options.groups)
        usages: Mapping[str, Usage] = {}
        for tree in self._trees:
            usages = tree.usages(()) or usages
            if any(usage.numbers for usage in usages.values()):
                break
        return usages


def _cpu_seconds(usages: Mapping[str, Usage]) -> Iterator[Metric]:
    rows: list[tuple[Labels, float]] = [
        ((group, mode), usage.numbers[f"cpu_{mode}"])
        for group, usage in usages.items()
        for mode in ("user", "system")
        if f"cpu_{mode}" in usage.numbers
    ]
    if rows:
        documentation = "CPU seconds that the group used."
        yield Metric("tachograph_cgroup_cpu_seconds_total", "counter", documentation, ("cgroup", "mode"), rows)


def _shares(usages: Mapping[str, Usage]) -> Iterator[Metric]:
    rows: list[tuple[Labels, float]] = []
    for group, usage in usages.items():
        used = usage.numbers.get("memory_working_set_bytes")
        limit = usage.numbers.get("memory_limit_bytes", math.inf)
        if used is not None and 0 < limit < math.inf:
            rows.append(((group,), used / limit))
    if rows:
        documentation = "Working set as a share of the memory limit, 0 to 1."
        yield Metric("tachograph_cgroup_memory_utilization_ratio", "gauge", documentation, ("cgroup",), rows)


def _io(usages: Mapping[str, Usage]) -> Iterator[Metric]:
    for direction in ("read", "written"):
        rows = [
            ((group, device), bytes_[direction])
            for group, usage in usages.items()
            for device, bytes_ in usage.io.items()
        ]
        if rows:
            name, documentation = f"tachograph_cgroup_{direction}_bytes_total", f"Bytes {direction} by the group."
            yield Metric(name, "counter", documentation, ("cgroup", "device"), rows)


def _pressure(usages: Mapping[str, Usage]) -> Iterator[Metric]:
    for state, line, documentation in _STATES:
        rows = [
            ((group, resource), seconds[line])
            for group, usage in usages.items()
            for resource, seconds in usage.pressure.items()
            if line in seconds
        ]
        if rows:
            name = f"tachograph_cgroup_pressure_{state}_seconds_total"
            yield Metric(name, "counter", f"Seconds in which {documentation}.", ("cgroup", "resource"), rows)
