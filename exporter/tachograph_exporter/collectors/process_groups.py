"""Watched groups of processes, looked at in /proc."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ..exposition.metric import Metric
from ..host import Host
from .cgroup_figures import Figures
from .cgroup_tree import Tree
from .files import Files, fields, read
from .options import Options
from .process import TICKS_PER_SECOND, Process
from .process_details import Details
from .process_system import System
from .process_table import ProcessTable, command_line
from .watched_groups import WatchedGroups

_BOOT_TIME = re.compile(rb"^btime (\d+)$", re.MULTILINE)


_CGROUPS_LIMIT = 20
_FIGURES = Figures("tachograph_process_group_cgroup", ("group", "cgroup"))


class ProcessGroups(WatchedGroups):
    """Adds up the processes of each group, and tells of the control groups that they live in.

    A process that ends takes nothing from its group's counters. Control groups are told for twenty of a group at most.
    """

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._tree = Tree(host, Files(host))

    def look(self) -> System:
        """Return Linux's processes."""
        return ProcSystem(self.host, self.files)

    def collect(self) -> Iterator[Metric]:
        """Yield each group's figures, and those of its control groups; a group without processes has zeros."""
        yield from super().collect()
        yield from _FIGURES.metrics(
            ((group, cgroup), usage)
            for group, processes in self.members().items()
            for cgroup, usage in self._tree.usages_of(self._control_groups(processes)).items()
        )

    def close(self) -> None:
        """Close descriptors."""
        super().close()
        self._tree.close()

    def _control_groups(self, processes: Iterable[Process]) -> Iterable[bytes]:
        told = dict.fromkeys(_memberships(f"{self.host.proc}/{process.pid}") for process in processes)
        return islice(told, _CGROUPS_LIMIT)


class ProcSystem:
    """Reads /proc (proc(5))."""

    def __init__(self, host: Host, files: Files) -> None:
        self._proc = str(host.proc)
        self._files = files
        self._table = ProcessTable(self._proc)
        self._boot = 0.0

    def processes(self) -> Sequence[Process]:
        """Return those there are."""
        boot = _BOOT_TIME.search(self._files.proc("stat"))
        self._boot = float(boot[1]) if boot else 0.0
        return self._table.read()

    def command_line(self, process: Process) -> str:
        """Return its arguments with blanks between them."""
        return command_line(self._proc, process.pid)

    def units(self, process: Process) -> Sequence[str]:
        """Return the folders on the way to its control groups, which systemd names after its units."""
        lines = _memberships(f"{self._proc}/{process.pid}").decode(errors="replace").splitlines()
        return [part for line in lines for part in line.split(":", 2)[-1].split("/")]

    def details(self, process: Process, *, unique_memory: bool) -> Details:
        """Read what only the process's owner and root may."""
        return _details(f"{self._proc}/{process.pid}", unique_memory=unique_memory)

    def began(self, process: Process) -> float:
        """Return when it began, as a Unix time."""
        return self._boot + int(process.started) / TICKS_PER_SECOND

    def memory_bytes(self) -> float:
        """Return the host's memory."""
        for name, amount, *_ in fields(self._files.proc("meminfo")):
            if name == b"MemTotal:":
                return float(amount) * 1024
        return 0.0

    def close(self) -> None:
        """Close descriptors."""
        self._table.close()


def _memberships(folder: str) -> bytes:
    try:
        return read(f"{folder}/cgroup")
    except OSError:
        return b""


def _details(folder: str, *, unique_memory: bool) -> Details:
    transferred = _pairs(f"{folder}/io")
    unique = _pairs(f"{folder}/smaps_rollup") if unique_memory else {}
    private = [unique[key] for key in (b"Private_Clean", b"Private_Dirty") if key in unique]
    return Details(
        transferred.get(b"read_bytes"),
        transferred.get(b"write_bytes"),
        _open_files(f"{folder}/fd"),
        sum(private) * 1024 if private else None,
    )


def _pairs(path: str) -> dict[bytes, int]:
    try:
        lines = read(path).splitlines()
    except OSError:
        return {}
    words = (line.split() for line in lines)
    return {word[0][:-1]: int(word[1]) for word in words if len(word) > 1 and word[1].isdigit()}


def _open_files(folder: str) -> int | None:
    try:
        return len(os.listdir(folder))  # noqa: PTH208 - only their number is wanted
    except OSError:
        return None
