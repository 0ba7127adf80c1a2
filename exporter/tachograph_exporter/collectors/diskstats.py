"""Reads, writes, discards, flushes and their time by block device, from /proc/diskstats."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .collector import Collector
from .files import fields, read, text
from .options import Options, option, pattern, selector
from .unchanged import Columns

_EXCLUDED = r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"
_INFO_SECONDS = 60.0


def _sectors(raw: bytes) -> float:
    return float(raw) * 512


def _milliseconds(raw: bytes) -> float:
    return float(raw) * 0.001


# The columns after the device's name, in the kernel's order (kernel: Documentation/admin-guide/iostats.rst).
_COLUMNS: tuple[tuple[str, Kind, Callable[[bytes], float], str], ...] = (
    ("reads_completed_total", "counter", float, "Reads completed."),
    ("reads_merged_total", "counter", float, "Reads merged with a neighbour."),
    ("read_bytes_total", "counter", _sectors, "Bytes read."),
    ("read_time_seconds_total", "counter", _milliseconds, "Seconds spent by all reads."),
    ("writes_completed_total", "counter", float, "Writes completed."),
    ("writes_merged_total", "counter", float, "Writes merged with a neighbour."),
    ("written_bytes_total", "counter", _sectors, "Bytes written."),
    ("write_time_seconds_total", "counter", _milliseconds, "Seconds spent by all writes."),
    ("io_now", "gauge", float, "Requests in progress."),
    ("io_time_seconds_total", "counter", _milliseconds, "Seconds during which any request was in progress."),
    ("io_time_weighted_seconds_total", "counter", _milliseconds, "Seconds spent by all requests, each counted."),
    ("discards_completed_total", "counter", float, "Discards completed."),
    ("discards_merged_total", "counter", float, "Discards merged with a neighbour."),
    ("discarded_sectors_total", "counter", float, "Sectors discarded."),
    ("discard_time_seconds_total", "counter", _milliseconds, "Seconds spent by all discards."),
    ("flush_requests_total", "counter", float, "Flushes completed."),
    ("flush_requests_time_seconds_total", "counter", _milliseconds, "Seconds spent by all flushes."),
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
        self._columns = Columns(("device",))
        self._known: tuple[float, Sequence[Labels], Metric | None] = 0.0, (), None

    def collect(self) -> Iterator[Metric]:
        """Yield each column that the kernel gives; old kernels end at the weighted time or at the discards."""
        devices = [words for words in fields(self.files.proc("diskstats")) if self._selected(text(words[2]))]
        labels = [(text(words[2]),) for words in devices]
        longest = max(map(len, devices), default=0)
        for column, (name, kind, convert, documentation) in enumerate(_COLUMNS[: longest - 3], start=3):
            raw = [words[column] for words in devices if column < len(words)]
            known = labels
            if len(raw) < len(labels):
                known = [label for label, words in zip(labels, devices, strict=True) if column < len(words)]
            yield self._columns.metric(f"node_disk_{name}", kind, documentation, known, raw, convert)
        if self.options.info:
            yield self._info(devices)

    def _info(self, devices: Sequence[Sequence[bytes]]) -> Metric:
        """Return what udev knows, which is read again when a device came or went, and now and then."""
        identities = [tuple(map(text, words[:3])) for words in devices]
        read, known, metric = self._known
        if metric is None or known != identities or time.monotonic() - read > _INFO_SECONDS:
            rows = [(self._described(*identity), 1.0) for identity in identities]
            metric = Metric("node_disk_info", "gauge", "What udev knows of the device.", _INFO_LABELS, rows)
            self._known = time.monotonic(), identities, metric
        return metric

    def _described(self, major: str, minor: str, name: str) -> Labels:
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
