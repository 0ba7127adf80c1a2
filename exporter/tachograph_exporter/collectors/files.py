"""Reads files of /proc and /sys with as few system calls as a scrape needs."""

import os
import re
from collections.abc import Iterator

from ..host import Host

_CHUNK = 1 << 16
_REPLACED = re.compile("\ufffd+")


class Files:
    """A host's /proc and /sys. Descriptors of /proc files stay open: a pread costs a third of open, read and close."""

    def __init__(self, host: Host) -> None:
        self._proc = f"{host.proc}/"
        self._sys = f"{host.sys}/"
        self._kept: dict[str, int] = {}

    def proc(self, name: str) -> bytes:
        """Return the contents of a /proc file that exists as long as the host runs."""
        descriptor = self._kept.get(name)
        if descriptor is not None:
            try:
                return _read_at(descriptor)
            except OSError:  # the mount or the namespace behind the descriptor went away
                os.close(self._kept.pop(name))
        descriptor = self._kept[name] = os.open(self._proc + name, os.O_RDONLY | os.O_CLOEXEC)
        return _read_at(descriptor)

    def sys(self, name: str) -> bytes:
        """Return the contents of a /sys file, without its last newline; devices come and go, so nothing is kept."""
        return read(self._sys + name).rstrip()

    def sys_text(self, name: str) -> str:
        """Return a /sys file's text, or the empty string where the file is missing or its driver refuses to answer."""
        try:
            return text(self.sys(name))
        except OSError:
            return ""

    def sys_number(self, name: str) -> float | None:
        """Return a /sys file's number, or None where it is missing, refused or no number."""
        try:
            return float(self.sys(name))
        except (OSError, ValueError):
            return None

    def sys_names(self, folder: str) -> list[str]:
        """Return the sorted names in a /sys folder, none where there is no such folder."""
        try:
            return sorted(os.listdir(self._sys + folder))  # noqa: PTH208 - a Path an entry costs more than the read
        except (FileNotFoundError, NotADirectoryError):
            return []

    def close(self) -> None:
        """Close what was kept open."""
        while self._kept:
            os.close(self._kept.popitem()[1])


def read(path: str | bytes) -> bytes:
    """Return a whole file of /proc or /sys."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _read_at(descriptor)
    finally:
        os.close(descriptor)


def _read_at(descriptor: int) -> bytes:
    # seq_file hands out about a page a call, however large the buffer (kernel: fs/seq_file.c)
    data = os.pread(descriptor, _CHUNK, 0)
    while more := os.pread(descriptor, _CHUNK, len(data)):
        data += more
    return data


def text(raw: bytes) -> str:
    """Return bytes as a label value: each run of bytes that is no UTF-8 becomes one U+FFFD."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _REPLACED.sub("\ufffd", raw.decode(errors="replace"))


def fields(data: bytes) -> Iterator[list[bytes]]:
    """Return each line's words, empty lines left out."""
    return filter(None, map(bytes.split, data.splitlines()))
