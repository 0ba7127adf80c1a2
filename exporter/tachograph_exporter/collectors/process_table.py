"""Reads /proc/PID/stat of every process, keeping descriptors open while there are any to spare."""

import os
import resource
from dataclasses import dataclass, field
from threading import Lock

from .files import read, text
from .process import Process

# What all tables keep of the descriptors there may be, at most a fourth: the rest is for sockets and other files.
_KEPT_SHARE = 4
_KEPT_MAX = 4096
_STAT_BYTES = 4096
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class _Entry:
    pid: str
    descriptor: int = -1
    stat: bytes = b""
    process: Process = field(default_factory=lambda: Process("", b"", ""))


class Kept:
    """Counts the descriptors that the tables of this process keep open, and says when there are enough."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = Lock()

    def add(self) -> bool:
        """Count one more; False where it must be closed instead."""
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        kept_max = _KEPT_MAX if limit == resource.RLIM_INFINITY else min(_KEPT_MAX, limit // _KEPT_SHARE)
        with self._lock:
            if self._count >= kept_max:
                return False
            self._count += 1
            return True

    def remove(self) -> None:
        """Count one less."""
        with self._lock:
            self._count -= 1


_KEPT = Kept()


class ProcessTable:
    """All processes, re-read at each call: one listing, and one pread a process."""

    def __init__(self, proc: str) -> None:
        self._proc = proc
        self._entries: dict[str, _Entry] = {}

    def read(self) -> list[Process]:
        """Return the processes there are; one that ends while it is read is left out."""
        entries = self._entries
        current: dict[str, _Entry] = {}
        for pid in os.listdir(self._proc):  # noqa: PTH208 - thousands of names
            if not pid.isdecimal():
                continue
            entry = self._refreshed(pid, entries.pop(pid, None))
            if entry is not None:
                current[pid] = entry
        for gone in entries.values():
            self._let_go(gone)
        self._entries = current
        return [entry.process for entry in current.values()]

    def close(self) -> None:
        """Close what was kept open."""
        while self._entries:
            self._let_go(self._entries.popitem()[1])

    def _refreshed(self, pid: str, entry: _Entry | None) -> _Entry | None:
        if entry is None or entry.descriptor < 0:
            return self._opened(pid, entry)
        try:
            stat = os.pread(entry.descriptor, _STAT_BYTES, 0)
        except ProcessLookupError:  # the process ended; another may have its pid by now
            self._let_go(entry)
            return self._opened(pid, None)
        if stat != entry.stat:
            _update(entry, stat)
        return entry

    def _opened(self, pid: str, entry: _Entry | None) -> _Entry | None:
        descriptor = -1
        try:
            descriptor = os.open(f"{self._proc}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
            stat = os.pread(descriptor, _STAT_BYTES, 0)
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # the last of a /proc mounted with hidepid=1
            if descriptor >= 0:
                os.close(descriptor)
            return None
        if not _KEPT.add():
            os.close(descriptor)
            descriptor = -1
        if entry is None:
            entry = _Entry(pid)
        entry.descriptor = descriptor
        _update(entry, stat)
        return entry

    def _let_go(self, entry: _Entry) -> None:
        if entry.descriptor >= 0:
            os.close(entry.descriptor)
            _KEPT.remove()


def command_line(proc: str, pid: str) -> str:
    """Return a process's arguments with blanks between them; nothing of a kernel thread, or one that ended."""
    try:
        return text(read(f"{proc}/{pid}/cmdline").rstrip(b"\0").replace(b"\0", b" "))
    except OSError:
        return ""


def _update(entry: _Entry, stat: bytes) -> None:
    """Take over what a stat file says; its name may itself have blanks and parentheses."""
    end = stat.rindex(b")")
    name, words = text(stat[stat.index(b"(") + 1 : end]), stat[end + 2 :].split(b" ", 22)
    process = entry.process
    if process.started != words[19]:
        process = entry.process = Process(entry.pid, words[19], name)
    process.name = name
    process.state, process.parent = words[0], words[1]
    process.flags = int(words[6])
    process.user_ticks, process.system_ticks = int(words[11]), int(words[12])
    process.threads = int(words[17])
    process.resident_bytes = int(words[21]) * PAGE_BYTES
    entry.stat = stat
