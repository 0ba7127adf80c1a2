"""Which watched group a process belongs to."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..host import Host
from .options import option, pattern
from .process import Process
from .process_system import System

_NAME_BYTES = 15
_UNIT_TYPES = ("mount", "scope", "service", "slice", "socket", "swap")
_NEW_SECONDS = 60.0


class Remembered(NamedTuple):
    """What was last found out about a process."""

    started: bytes
    name: str
    since: float
    group: str | None


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """A group; a process must meet all the conditions that are given."""

    name: str = option("", "The group's name, the label of its metrics.")
    names: tuple[str, ...] = option((), "Names of processes, as ps -o comm prints them; the kernel keeps 15 bytes.")
    command: re.Pattern[str] | None = pattern("Pattern that is found in the command line.")
    pid_file: str = option("", "File with the process's pid, as the host sees it.")
    unit: str = option("", "Name of the systemd unit, such as nginx.service; a name without a type is a service's.")

    def __post_init__(self) -> None:
        """Refuse a group that has no name, or that would have every process."""
        if not self.name:
            raise ValueError("name: a group needs one")
        if not (self.names or self.command or self.pid_file or self.unit):
            raise ValueError(f"group {self.name!r}: give names, command, pid_file or unit")


class Matcher:
    """Finds each process's group, and looks again only where a process is new or runs another program now.

    New is one for a minute: servers write their title over their command line only when they have started.
    """

    def __init__(self, system: System, root: Path, groups: Sequence[ProcessGroup]) -> None:
        self._system = system
        self._groups = groups
        self._pid_paths = {group.name: _within(root, group.pid_file) for group in groups if group.pid_file}
        self._names = {group.name: {*group.names, *map(_kept, group.names)} for group in groups}
        self._units = {group.name: _unit(group.unit) for group in groups}
        self._known: dict[str, Remembered] = {}

    def matched(self, processes: Iterable[Process]) -> Iterator[tuple[Process, str]]:
        """Yield the processes that are of a group, with its name."""
        pids = {name: _pid(path) for name, path in self._pid_paths.items()}
        now = time.monotonic()
        known: dict[str, Remembered] = {}
        for process in processes:
            before = self._known.get(process.pid)
            same = before is not None and before.started == process.started
            since = before.since if before is not None and same else now
            if before is None or not same or before.name != process.name or pids or now - since < _NEW_SECONDS:
                before = Remembered(process.started, process.name, since, self._group(process, pids))
            known[process.pid] = before
            if before.group is not None:
                yield process, before.group
        self._known = known

    def _group(self, process: Process, pids: dict[str, str]) -> str | None:
        return next((group.name for group in self._groups if self._belongs(process, group, pids)), None)

    def _belongs(self, process: Process, group: ProcessGroup, pids: dict[str, str]) -> bool:
        if group.names and process.name not in self._names[group.name]:
            return False
        if group.pid_file and process.pid != pids[group.name]:
            return False
        if group.command and not group.command.search(self._system.command_line(process)):
            return False
        return not group.unit or self._units[group.name] in self._system.units(process)


def _kept(name: str) -> str:
    """Return what the kernel keeps of a process's name (kernel: include/linux/sched.h, TASK_COMM_LEN)."""
    return name.encode()[:_NAME_BYTES].decode(errors="ignore")


def _unit(name: str) -> str:
    return name if name.rpartition(".")[2] in _UNIT_TYPES else f"{name}.service"


def _within(root: Path, path: str) -> Path:
    return root / path.lstrip("/") if root != Host().root else Path(path)


def _pid(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
