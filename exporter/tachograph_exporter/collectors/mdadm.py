"""Software RAID arrays, from /proc/mdstat."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..exposition.metric import Labels, Metric
from .collector import Collector, NoData

_STATES = ("active", "inactive", "recovering", "resync", "check")
_STATUS = re.compile(rb"\[(\d+)/(\d+)\] \[[U_]+\]")
_ACTIVITY = re.compile(rb"(recovery|reshape|resync|check) *=")
_PROGRESS = re.compile(rb"\((\d+)/(\d+)\)")
_DOING = {b"recovery": "recovering", b"reshape": "reshaping", b"resync": "resync", b"check": "check"}


@dataclass(frozen=True, slots=True)
class Array:
    """An array as three or more lines of mdstat describe it (kernel: drivers/md/md.c, md_seq_show)."""

    device: str
    state: str
    active: int
    failed: int
    spare: int
    required: int
    blocks: int
    synced: int


class SoftwareRaid(Collector):
    """Reads the state of each array and of its disks."""

    name = "mdadm"

    def collect(self) -> Iterator[Metric]:
        """Yield node_md_*."""
        try:
            data = self.files.proc("mdstat")
        except FileNotFoundError:
            raise NoData("the kernel's md module is not loaded") from None
        arrays = list(_arrays(data))
        disks: list[tuple[Labels, float]] = []
        for array in arrays:
            counts = (("active", array.active), ("failed", array.failed), ("spare", array.spare))
            disks += (((array.device, state), float(count)) for state, count in counts)
        states = [((array.device, state), float(state == array.state)) for array in arrays for state in _STATES]
        for name, documentation, values in (
            ("blocks", "Blocks of the array.", [array.blocks for array in arrays]),
            ("blocks_synced", "Blocks that are in sync.", [array.synced for array in arrays]),
            ("disks_required", "Disks that the array needs.", [array.required for array in arrays]),
        ):
            rows = [((array.device,), float(value)) for array, value in zip(arrays, values, strict=True)]
            yield Metric(f"node_md_{name}", "gauge", documentation, ("device",), rows)
        yield Metric("node_md_disks", "gauge", "Disks that work, failed or wait.", ("device", "state"), disks)
        yield Metric("node_md_state", "gauge", "1 for the array's state.", ("device", "state"), states)
        yield from self._degraded()

    def _degraded(self) -> Iterator[Metric]:
        names = [name for name in self.files.sys_names("block") if name.startswith("md")]
        values = {name: self.files.sys(f"block/{name}/md", ("raid_disks", "degraded")) for name in names}
        for attribute, name, documentation in (
            ("degraded", "degraded", "Disks that the array lacks."),
            ("raid_disks", "raid_disks", "Disks of the array."),
        ):
            # while it is reshaped an array's disks read as "4 (3)"
            lacking = b"0" if attribute == "degraded" else b""  # raid0 has no such file: nothing can be missing
            known = ((device, found.get(attribute, lacking).split()) for device, found in values.items() if found)
            rows = [((device,), float(words[0])) for device, words in known if words]
            yield Metric(f"node_md_{name}", "gauge", documentation, ("device",), rows)


def _arrays(data: bytes) -> Iterator[Array]:
    for paragraph in re.split(rb"\n(?=\S)", data):
        first, _, rest = paragraph.partition(b"\n")
        words = first.split()
        if len(words) > 2 and words[1] == b":" and words[2] in (b"active", b"inactive"):
            yield _array(first, words, rest)


def _array(first: bytes, words: list[bytes], rest: bytes) -> Array:
    blocks = int(rest.split(maxsplit=1)[0])
    status = _STATUS.search(rest)
    if words[2] != b"active":
        required = active = 0
    elif status:
        required, active = int(status[1]), int(status[2])
    else:  # raid0 and linear arrays do not tell: they have all their disks
        required = active = first.count(b"[")
    doing = _ACTIVITY.search(rest)
    progress = _PROGRESS.search(rest) if doing else None
    return Array(
        device=words[0].decode(),
        state=_DOING[doing[1]] if doing else words[2].decode(),
        active=active,
        failed=first.count(b"(F)"),
        spare=first.count(b"(S)"),
        required=required,
        blocks=blocks,
        synced=int(progress[1]) if progress else 0 if doing else blocks,
    )
