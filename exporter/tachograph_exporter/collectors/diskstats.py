"""Reads, writes, discards, flushes and their time by block device, from /proc/diskstats."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .collector import Collector
from .files import fields, read, text
from .options import Options, option, pattern, selector

_EXCLUDED = r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"
_SECTOR_BYTES = 512.0
_MILLISECOND = 0.001

# The columns after the device's name, in the kernel's order (kernel: Documentation/admin-guide/iostats.rst).
_COLUMNS: tuple[tuple[str, Kind, float, str], ...] = (
    ("reads_completed_total", "counter", 1, "Reads completed."),
    ("reads_merged_total", "counter", 1, "Reads merged with a neighbour."),
    ("read_bytes_total", "counter", _SECTOR_BYTES, "Bytes read."),
    ("read_time_seconds_total", "counter", _MILLISECOND, "Seconds spent by all reads."),
    ("writes_completed_total", "counter", 1, "Writes completed."),
    ("writes_merged_total", "counter", 1, "Writes merged with a neighbour."),
    ("written_bytes_total", "counter", _SECTOR_BYTES, "Bytes written."),
    ("write_time_seconds_total", "counter", _MILLISECOND, "Seconds spent by all writes."),
    ("io_now", "gauge", 1, "Requests in progress."),
    ("io_time_seconds_total", "counter", _MILLISECOND, "Seconds during which any request was in progress."),
    ("io_time_weighted_seconds_total", "counter", _MILLISECOND, "Seconds spent by all requests, each counted."),
    ("discards_completed_total", "counter", 1, "Discards completed."),
    ("discards_merged_total", "counter", 1, "Discards merged with a neighbour."),
    ("discarded_sectors_total", "counter", 1, "Sectors discarded."),
    ("discard_time_seconds_total", "counter", _MILLISECOND, "Seconds spent by all discards."),
    ("flush_requests_total", "counter", 1, "Flushes completed."),
    ("flush_requests_time_seconds_total", "counter", _MILLISECOND, "Seconds spent by all flushes."),
)
_INFO_LABELS = ("device", "major", "minor", "path", "wwn", "model", "serial", "revision", "rotational")


@dataclass(frozen=True, slots=True)
class DiskOptions(Options):
    """Which block devices are reported."""

    device_include: re.Pattern[str] | None = pattern("Devices to report; all others are left out.")
    device_exclude: re.Pattern[str] | None = pattern("Devices to leave out.", default=_EXCLUDED)
    info: bool = option(default=True, documentation="Also report what udev knows of each device.")


class DiskStatistics(Collector):
    """Reads the kernel's counters of each block device."""

    name = "diskstats"
    options_type = DiskOptions
    options: DiskOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(self.options.device_include, self.options.device_exclude, _EXCLUDED)

    def collect(self) -> Iterator[Metric]:
        """Yield each column that the kernel gives; old kernels end at the weighted time or at the discards."""
        devices: list[tuple[str, Sequence[bytes]]] = []
        for words in fields(self.files.proc("diskstats")):
            name = text(words[2])
            if self._selected(name):
                devices.append((name, words))
        labels = [(name,) for name, _ in devices]
        for column, (name, kind, scale, documentation) in enumerate(_COLUMNS, start=3):
            rows = [
                (label, float(words[column]) * scale)
                for label, (_, words) in zip(labels, devices, strict=True)
                if column < len(words)
            ]
            if rows:
                yield Metric(f"node_disk_{name}", kind, documentation, ("device",), rows)
        if self.options.info:
            rows_of_info = [(self._info(name, words), 1.0) for name, words in devices]
            yield Metric("node_disk_info", "gauge", "What udev knows of the device.", _INFO_LABELS, rows_of_info)

    def _info(self, name: str, words: Sequence[bytes]) -> Labels:
        major, minor = words[0].decode(), words[1].decode()
        udev = self._properties(f"{self.host.udev}/b{major}:{minor}")
        serial = udev.get("SCSI_IDENT_SERIAL") or udev.get("ID_SERIAL_SHORT") or udev.get("ID_SERIAL", "")
        path, wwn, model, revision = (udev.get(f"ID_{key}", "") for key in ("PATH", "WWN", "MODEL", "REVISION"))
        rotational = self.files.sys_text(f"block/{name.replace('/', '!')}/queue/rotational") or "0"
        return (name, major, minor, path, wwn, model, serial, revision, rotational)

    @staticmethod
    def _properties(path: str) -> dict[str, str]:
        try:
            lines = text(read(path)).splitlines()
        except OSError:
            return {}
        return {key: value for key, _, value in (line[2:].partition("=") for line in lines if line.startswith("E:"))}
