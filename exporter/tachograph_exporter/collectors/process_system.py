"""What a system tells of its processes."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from .process import Process
from .process_details import Details


class System(Protocol):
    """Where processes are looked at."""

    def processes(self) -> Iterable[Process]:
        """Return those there are."""

    def command_line(self, process: Process) -> str:
        """Return its arguments with blanks between them; nothing of one that ended, or that may not be looked at."""

    def units(self, process: Process) -> Sequence[str]:
        """Return the systemd units that it is part of, among other names."""

    def details(self, process: Process, *, unique_memory: bool) -> Details:
        """Return its figures; one that ended meanwhile has none."""

    def began(self, process: Process) -> float:
        """Return when it began, as a Unix time."""

    def memory_bytes(self) -> float:
        """Return the host's memory, 0 where it is not known."""

    def close(self) -> None:
        """Close what was kept open."""
