"""The host that is read: where its /proc, /sys and root file system are found."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Host:
    """The folders a Linux host is read from; inside a container they are mounts of the host's own."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    root: Path = Path("/")

    @property
    def udev(self) -> Path:
        """Where udev keeps what it knows of devices."""
        return self.root / "run/udev/data"
