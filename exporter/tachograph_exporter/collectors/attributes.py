"""Attributes of devices in /sys that are read at every scrape, from descriptors that stay open."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

_ATTRIBUTE_BYTES = 4096  # sysfs never answers with more than a page (kernel: Documentation/filesystems/sysfs.rst)
_KEPT_MAX = 96  # descriptors; a pread costs a quarter of open, read and close, but there are not endlessly many


@dataclass(slots=True)
class _Device:
    inode: int  # of the device's folder: another device of the same name has another
    descriptors: dict[str, int] = field(default_factory=dict)


class Attributes:
    """Reads the same attributes of each device in a folder; the devices come and go."""

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = tuple(names)
        self._kept: dict[str, _Device] = {}

    def read(self, device: str) -> dict[str, bytes]:
        """Return what a device answers, without what it lacks or its driver refuses; nothing where it is gone."""
        path = f"{self._folder}/{device}"
        try:
            inode = os.stat(path).st_ino  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            return {}
        kept = self._kept.get(device)
        if kept is None or kept.inode != inode:
            self._close(device)
            kept = _Device(inode, dict(_opened(path, self._names)))
            self._kept[device] = kept
        values = _values(kept.descriptors)
        if len(self._kept) * len(self._names) > _KEPT_MAX:
            self._close(device)
        return values

    def keep(self, devices: Collection[str]) -> None:
        """Forget all devices but these."""
        for device in self._kept.keys() - set(devices):
            self._close(device)

    def close(self) -> None:
        """Close all descriptors."""
        self.keep(())

    def _close(self, device: str) -> None:
        kept = self._kept.pop(device, None)
        for descriptor in kept.descriptors.values() if kept else ():
            os.close(descriptor)


def _opened(path: str, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for name in names:
        with suppress(OSError):
            yield name, os.open(f"{path}/{name}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _values(descriptors: dict[str, int]) -> dict[str, bytes]:
    values = {}
    for name, descriptor in descriptors.items():
        try:
            values[name] = os.pread(descriptor, _ATTRIBUTE_BYTES, 0).rstrip()
        except OSError:  # as the speed of a link that is down
            continue
    return values
