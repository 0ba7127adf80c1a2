"""Reads files of /proc and /sys with as few system calls as a scrape needs."""

import os
import re
from collections.abc import Iterable, Iterator

from ..host import Host

_CHUNK = 1 << 13
_ATTRIBUTE_BYTES = 4096  # sysfs never answers with more than a page (kernel: Documentation/filesystems/sysfs.rst)
_REPLACED = re.compile("\ufffd+")


class Files:
    """A host's /proc and /sys. Descriptors of /proc files stay open: a pread costs a third of open, read and close."""

    def __init__(self, host: Host) -> None:
        self._proc = f"{host.proc}/"
        # /proc/net is the reader's own network: in a container that mounts the host's /proc, the host's is process 1's.
        elsewhere = host.proc != Host().proc and os.path.isdir(host.proc / "1" / "net")  # noqa: PTH112 - False with hidepid
        self._net = f"{host.proc}/1/" if elsewhere else self._proc
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
        folder = self._net if name.startswith("net/") else self._proc
        descriptor = self._kept[name] = os.open(folder + name, os.O_RDONLY | os.O_CLOEXEC)
        return _read_at(descriptor)

    def proc_if_any(self, name: str) -> bytes:
        """Return the contents of a /proc file, nothing where this kernel has no such file."""
        try:
            return self.proc(name)
        except FileNotFoundError:
            return b""

    def sys(self, folder: str, names: Iterable[str]) -> dict[str, bytes]:
        """Return the attributes of a device in /sys, without those that it lacks or whose driver refuses to answer.

        A device that was unplugged has none.
        """
        try:
            descriptor = os.open(self._sys + folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return {}
        try:
            return dict(_attributes(descriptor, names))
        finally:
            os.close(descriptor)

    def sys_text(self, path: str) -> str:
        """Return one /sys file's text, or the empty string where it is missing or its driver refuses to answer."""
        folder, _, name = path.rpartition("/")
        return text(self.sys(folder, (name,)).get(name, b""))

    def sys_names(self, folder: str) -> list[str]:
        """Return the sorted names in a /sys folder, none where there is no such folder."""
        try:
            return sorted(os.listdir(self._sys + folder))  # noqa: PTH208 - a Path an entry costs more than the read
        except (FileNotFoundError, NotADirectoryError):
            return []

    def sys_has(self, path: str) -> bool:
        """Say whether there is such a file in /sys."""
        return os.path.exists(self._sys + path)  # noqa: PTH110 - a Path costs more than the call

    def close(self) -> None:
        """Close what was kept open."""
        while self._kept:
            os.close(self._kept.popitem()[1])


def read(path: str | bytes) -> bytes:
    """Return a whole file of /proc."""
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


def _attributes(folder: int, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError:
            continue
        try:
            yield name, os.read(descriptor, _ATTRIBUTE_BYTES).rstrip()
        except OSError:
            continue
        finally:
            os.close(descriptor)


def text(raw: bytes) -> str:
    """Return bytes as a label value: each run of bytes that is no UTF-8 becomes one U+FFFD."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _REPLACED.sub("\ufffd", raw.decode(errors="replace"))


def number(raw: bytes) -> float | None:
    """Return a file's number, None where it has none."""
    try:
        return float(raw)
    except ValueError:
        return None


def fields(data: bytes) -> Iterator[list[bytes]]:
    """Return each line's words, empty lines left out."""
    return filter(None, map(bytes.split, data.splitlines()))
