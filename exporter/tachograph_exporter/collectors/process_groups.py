"""Watched groups of processes, looked at in /proc."""

import os
import re
from collections.abc import Sequence

from ..host import Host
from .files import Files, fields, read
from .process import TICKS_PER_SECOND, Process
from .process_details import Details
from .process_system import System
from .process_table import ProcessTable, command_line
from .watched_groups import WatchedGroups

_BOOT_TIME = re.compile(rb"^btime (\d+)$", re.MULTILINE)


class ProcessGroups(WatchedGroups):
    """Adds up the processes of each group; a process that ends takes nothing from its group's counters."""

    def look(self) -> System:
        """Return Linux's processes."""
        return ProcSystem(self.host, self.files)


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
        try:
            lines = read(f"{self._proc}/{process.pid}/cgroup").decode(errors="replace").splitlines()
        except OSError:
            return ()
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
