"""What is asked of watched processes only: I/O, open files, memory of their own."""

import os
from dataclasses import dataclass

from .files import read


@dataclass(frozen=True, slots=True)
class Details:
    """A process's or a group's figures; None where nobody but the owner may read them."""

    read_bytes: int | None = None
    written_bytes: int | None = None
    open_files: int | None = None
    unique_bytes: int | None = None

    def plus(self, other: "Details") -> "Details":
        """Return the sum; what one of the two does not know counts as nothing."""
        return Details(
            _sum(self.read_bytes, other.read_bytes),
            _sum(self.written_bytes, other.written_bytes),
            _sum(self.open_files, other.open_files),
            _sum(self.unique_bytes, other.unique_bytes),
        )

    def after(self, earlier: "Details") -> "Details":
        """Return the same with the counts that were read earlier, where a process that is just ending gave none."""
        return Details(
            earlier.read_bytes if self.read_bytes is None else self.read_bytes,
            earlier.written_bytes if self.written_bytes is None else self.written_bytes,
            self.open_files,
            self.unique_bytes,
        )


def details(proc: str, pid: str, *, unique_memory: bool) -> Details:
    """Read a process's figures; a process that ended meanwhile has none."""
    folder = f"{proc}/{pid}"
    transferred = _pairs(f"{folder}/io")
    unique = _pairs(f"{folder}/smaps_rollup") if unique_memory else {}
    private = [unique[key] for key in (b"Private_Clean", b"Private_Dirty") if key in unique]
    return Details(
        transferred.get(b"read_bytes"),
        transferred.get(b"write_bytes"),
        _open_files(f"{folder}/fd"),
        sum(private) * 1024 if private else None,
    )


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


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
