"""Which watched group a process belongs to."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .files import read
from .options import option, pattern
from .process_table import Process, command_line

Remembered = tuple[bytes, str, str | None]  # when it began, its name, its group


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """A group; a process must meet all the conditions that are given."""

    name: str = option("", "The group's name, the label of its metrics.")
    names: tuple[str, ...] = option((), "Names of processes, as ps -o comm prints them.")
    command: re.Pattern[str] | None = pattern("Pattern that is found in the command line.")
    pid_file: str = option("", "File with the process's pid.")
    unit: str = option("", "Name of the systemd unit, such as nginx.service.")

    def __post_init__(self) -> None:
        """Refuse a group that has no name, or that would have every process."""
        if not self.name:
            raise ValueError("name: a group needs one")
        if not (self.names or self.command or self.pid_file or self.unit):
            raise ValueError(f"group {self.name!r}: give names, command, pid_file or unit")


class Matcher:
    """Finds each process's group, and looks again only where a process is new or runs another program now."""

    def __init__(self, proc: str, groups: Sequence[ProcessGroup]) -> None:
        self._proc = proc
        self._groups = groups
        self._known: dict[str, Remembered] = {}
        self._pid_files = any(group.pid_file for group in groups)

    def matched(self, processes: Iterable[Process]) -> Iterator[tuple[Process, str]]:
        """Yield the processes that are of a group, with its name."""
        pids = {group.name: _pid(group.pid_file) for group in self._groups if group.pid_file}
        known: dict[str, Remembered] = {}
        for process in processes:
            before = self._known.get(process.pid)
            if before is None or before[:2] != (process.started, process.name) or self._pid_files:
                before = process.started, process.name, self._group(process, pids)
            known[process.pid] = before
            if before[2] is not None:
                yield process, before[2]
        self._known = known

    def _group(self, process: Process, pids: dict[str, str]) -> str | None:
        return next((group.name for group in self._groups if self._belongs(process, group, pids)), None)

    def _belongs(self, process: Process, group: ProcessGroup, pids: dict[str, str]) -> bool:
        if group.names and process.name not in group.names:
            return False
        if group.pid_file and process.pid != pids[group.name]:
            return False
        if group.command and not group.command.search(command_line(self._proc, process.pid)):
            return False
        return not group.unit or group.unit in self._unit_path(process.pid)

    def _unit_path(self, pid: str) -> Sequence[str]:
        try:
            lines = read(f"{self._proc}/{pid}/cgroup").decode(errors="replace").splitlines()
        except OSError:
            return ()
        return [part for line in lines for part in line.split(":", 2)[-1].split("/")]


def _pid(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
