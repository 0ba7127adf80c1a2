"""Processes as psutil sees them, under the names that Linux's collectors give."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

from ..exposition.metric import Labels, Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options
from .process import TICKS_PER_SECOND, Process
from .process_details import Details
from .process_system import System
from .process_top import ProcessOptions, Top
from .watched_groups import ProcessGroupOptions, WatchedGroups

_ATTRIBUTES = ("name", "status", "create_time", "cpu_times", "num_threads", "memory_info")
_NOBODY = "System Idle Process"  # what Windows calls the time that no process used
# the kernel's letters, which dashboards of node_exporter's metrics know
_STATES = {
    psutil.STATUS_RUNNING: "R",
    psutil.STATUS_SLEEPING: "S",
    psutil.STATUS_DISK_SLEEP: "D",
    psutil.STATUS_STOPPED: "T",
    psutil.STATUS_TRACING_STOP: "t",
    psutil.STATUS_ZOMBIE: "Z",
    psutil.STATUS_DEAD: "X",
    psutil.STATUS_IDLE: "I",
    psutil.STATUS_PARKED: "P",
}


class PsutilSystem:
    """Asks psutil; what it may not tell of other users' processes counts as nothing."""

    def processes(self) -> Sequence[Process]:
        """Return those there are."""
        found = psutil.process_iter(_ATTRIBUTES)
        return [_process(one.pid, one.info) for one in found if one.info["name"] != _NOBODY]

    def command_line(self, process: Process) -> str:
        """Return its arguments with blanks between them."""
        try:
            return " ".join(psutil.Process(int(process.pid)).cmdline())
        except (psutil.Error, OSError):
            return ""

    def units(self, process: Process) -> Sequence[str]:  # noqa: ARG002 - only systemd has them
        """Return nothing."""
        return ()

    def details(self, process: Process, *, unique_memory: bool) -> Details:
        """Ask what not every system tells, and not to everybody."""
        read = written = files = unique = None
        with suppress(psutil.Error, OSError):
            asked: Any = psutil.Process(int(process.pid))
            with suppress(AttributeError, psutil.Error, OSError):  # macOS has no I/O by process
                transferred = asked.io_counters()
                read, written = transferred.read_bytes, transferred.write_bytes
            with suppress(psutil.Error, OSError):
                files = asked.num_fds() if hasattr(asked, "num_fds") else asked.num_handles()
            if unique_memory:
                unique = asked.memory_full_info().uss
        return Details(read, written, files, unique)

    def began(self, process: Process) -> float:
        """Return when it began, as a Unix time."""
        return float(process.started)

    def memory_bytes(self) -> float:
        """Return the host's memory."""
        return float(psutil.virtual_memory().total)

    def close(self) -> None:
        """Do nothing: nothing is kept open."""


class Processes(Collector):
    """Counts processes by state, and tells which use most; off by default: psutil asks for each."""

    name = "processes"
    default = False
    options_type = ProcessOptions
    options: ProcessOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._system = PsutilSystem()
        self._top = Top(self.options)

    def collect(self) -> Iterator[Metric]:
        """Yield the totals, the states, and the names that use most."""
        processes = self._system.processes()
        states = Counter(process.state.decode() for process in processes)
        yield gauge("node_processes_pids", "Processes.", float(len(processes)))
        rows: list[tuple[Labels, float]] = [((state,), float(count)) for state, count in sorted(states.items())]
        yield Metric("node_processes_state", "gauge", "Processes in each state.", ("state",), rows)
        threads = sum(process.threads for process in processes)
        yield gauge("node_processes_threads", "Threads of all processes.", float(threads))
        yield from self._top.metrics(processes, time.monotonic())


@dataclass(frozen=True, slots=True)
class GroupOptions(ProcessGroupOptions):
    """Which processes are watched, and how closely."""

    def __post_init__(self) -> None:
        """Refuse what only systemd has."""
        ProcessGroupOptions.__post_init__(self)
        for group in self.groups:
            if group.unit:
                raise ValueError(f"groups: {group.name!r} has a unit, which only systemd knows; give names or command")


class ProcessGroups(WatchedGroups):
    """Adds up the processes of each group; a process that ends takes nothing from its group's counters."""

    options_type = GroupOptions

    def look(self) -> System:
        """Return psutil's processes."""
        return PsutilSystem()


def _process(pid: int, told: dict[str, Any]) -> Process:
    """Return a process of what psutil told of it; what it may not tell is None."""
    times, memory = told["cpu_times"], told["memory_info"]
    return Process(
        pid=str(pid),
        started=str(told["create_time"] or 0.0).encode(),
        name=told["name"] or "unknown",
        state=_STATES.get(told["status"], told["status"] or "unknown").encode(),
        user_ticks=round(times.user * TICKS_PER_SECOND) if times else 0,
        system_ticks=round(times.system * TICKS_PER_SECOND) if times else 0,
        threads=told["num_threads"] or 0,
        resident_bytes=memory.rss if memory else 0,
    )
