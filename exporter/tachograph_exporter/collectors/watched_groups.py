"""Watched groups of processes: what they use now, and what they and those that ended have used."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .collector import Collector
from .options import Options, option
from .process import TICKS_PER_SECOND, Identity, Process
from .process_details import Details
from .process_match import Matcher, ProcessGroup
from .process_system import System


@dataclass(frozen=True, slots=True)
class ProcessGroupOptions(Options):
    """Which processes are watched, and how closely."""

    groups: tuple[ProcessGroup, ...] = option(
        (), "The groups; a process is of the first one whose conditions it meets."
    )
    unique_memory: bool = option(
        default=False, documentation="Also report memory that a group's processes share with none; slow to read."
    )

    def __post_init__(self) -> None:
        """Refuse two groups that would be one series."""
        names = [group.name for group in self.groups]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"groups: {name!r} is there twice; give each a name of its own")


@dataclass(slots=True)
class Total:
    """A group's counters: what its ended processes used, and what was last seen of the others."""

    ended: Details = field(default_factory=Details)
    ended_user_ticks: int = 0
    ended_system_ticks: int = 0
    starts: int = 0
    members: dict[Identity, tuple[Process, Details]] = field(default_factory=dict)
    seen: bool = False  # whether the group was looked at before: who was there then did not start since

    def update(self, members: dict[Identity, tuple[Process, Details]]) -> None:
        """Take over the processes there are now; those that ended since leave their counts behind."""
        for identity in self.members.keys() - members.keys():
            process, last = self.members[identity]
            self.ended_user_ticks += process.user_ticks
            self.ended_system_ticks += process.system_ticks
            self.ended = self.ended.plus(last)
        for identity in self.members.keys() & members.keys():
            process, now = members[identity]
            members[identity] = process, now.after(self.members[identity][1])
        if self.seen:
            self.starts += len(members.keys() - self.members.keys())
        self.members, self.seen = members, True


class WatchedGroups(Collector):
    """Adds up the processes of each group; a process that ends takes nothing from its group's counters."""

    name = "process_groups"
    options_type = ProcessGroupOptions
    options: ProcessGroupOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._system = self.look()
        self._matcher = Matcher(self._system, host.root, self.options.groups)
        self._totals = {group.name: Total() for group in self.options.groups}

    @abstractmethod
    def look(self) -> System:
        """Return where this system's processes are looked at."""

    def succeed(self, before: Self) -> None:
        """Keep what the groups that are defined as they were have counted."""
        same = {group.name for group in self.options.groups if group in before.options.groups}
        self._totals |= {name: total for name, total in before._totals.items() if name in same}

    def collect(self) -> Iterator[Metric]:
        """Yield each group's figures; a group without processes has zeros."""
        if not self.options.groups:
            return
        members: defaultdict[str, dict[Identity, tuple[Process, Details]]] = defaultdict(dict)
        for process, group in self._matcher.matched(self._system.processes()):
            seen = self._system.details(process, unique_memory=self.options.unique_memory)
            members[group][process.identity] = process, seen
        for name, total in self._totals.items():
            total.update(members[name])
        yield from self._metrics()

    def members(self) -> dict[str, list[Process]]:
        """Return each group's processes, as they were at the last scrape."""
        return {name: [process for process, _ in total.members.values()] for name, total in self._totals.items()}

    def close(self) -> None:
        """Close descriptors."""
        super().close()
        self._system.close()

    def _metrics(self) -> Iterator[Metric]:
        figures: dict[tuple[str, Kind, str], list[tuple[Labels, float]]] = {}
        memory = self._system.memory_bytes()
        for group, total in self._totals.items():
            began = min(map(self._system.began, (process for process, _ in total.members.values())), default=None)
            for name, kind, documentation, value in _figures(total, memory, began):
                figures.setdefault((name, kind, documentation), []).append(((group,), value))
        for (name, kind, documentation), rows in figures.items():
            yield Metric(f"tachograph_process_group_{name}", kind, documentation, ("group",), rows)
        seconds = [row for group, total in self._totals.items() for row in _cpu(group, total)]
        documentation = "CPU seconds of the group's processes, those that ended too."
        name = "tachograph_process_group_cpu_seconds_total"
        yield Metric(name, "counter", documentation, ("group", "mode"), seconds)


def _cpu(group: str, total: Total) -> Iterator[tuple[Labels, float]]:
    processes = [process for process, _ in total.members.values()]
    user = total.ended_user_ticks + sum(process.user_ticks for process in processes)
    system = total.ended_system_ticks + sum(process.system_ticks for process in processes)
    yield (group, "user"), user / TICKS_PER_SECOND
    yield (group, "system"), system / TICKS_PER_SECOND


def _figures(total: Total, memory_bytes: float, began: float | None) -> Iterator[tuple[str, Kind, str, float]]:
    processes = [process for process, _ in total.members.values()]
    resident = sum(process.resident_bytes for process in processes)
    yield "processes", "gauge", "Processes of the group.", len(processes)
    yield "threads", "gauge", "Threads of the group's processes.", sum(process.threads for process in processes)
    yield "starts_total", "counter", "Processes of the group that began since the first scrape.", total.starts
    yield "resident_memory_bytes", "gauge", "Resident memory of the group's processes.", resident
    if memory_bytes:
        yield "memory_ratio", "gauge", "Resident memory as a share of the host's, 0 to 1.", resident / memory_bytes
    if began is not None:
        yield "start_time_seconds", "gauge", "When the group's oldest process began, as a Unix time.", began
    yield from _detailed(total.ended, [seen for _, seen in total.members.values()])


def _detailed(ended: Details, seen: Iterable[Details]) -> Iterator[tuple[str, Kind, str, float]]:
    """Yield what only the processes' owner and root may read, where it was readable."""
    now = Details()
    for one in seen:
        now = now.plus(one)
    whole = now.plus(ended)
    if whole.read_bytes is not None and whole.written_bytes is not None:
        yield "read_bytes_total", "counter", "Bytes that the group read from disks.", whole.read_bytes
        yield "written_bytes_total", "counter", "Bytes that the group wrote to disks.", whole.written_bytes
    if now.open_files is not None:
        yield "open_fds", "gauge", "File descriptors that the group has open.", now.open_files
    if now.unique_bytes is not None:
        yield "unique_memory_bytes", "gauge", "Memory that the group's processes share with none.", now.unique_bytes
