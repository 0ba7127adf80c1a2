"""The host's figures from one sample, and the rates since the sample before."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..exposition.metric import Metric
from .tables import number

COLLECTORS = ("cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev")
SELDOM = ("cgroup", "conntrack", "filefd", "netclass", "pressure", "process_groups", "timex", "vmstat")
LINES = ("cpu", "memory", "disk_read", "disk_written", "network_received", "network_sent")

_DISK = re.compile(r"mmcblk\d+|nvme\d+n\d+|rbd.+|sd[a-z]+|vd[a-z]+|xvd[a-z]+|dasd[a-z]+|disk\d+")
IMAGES = {"squashfs", "iso9660", "erofs", "ramfs", "nsfs", "proc", "sysfs", "overlay"}
_IDLE = {"idle", "iowait", "steal"}
_OWN_SECONDS = 10
Chosen = Callable[[Mapping[str, str]], bool]
Plain = dict[str, object]


@dataclass(frozen=True, slots=True)
class Use:
    """A name of the process table and what its processes use."""

    name: str
    cpu_cores: float | None
    memory_bytes: float
    processes: int


class Sample:
    """The families of one moment, to be asked by name."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._families: dict[str, list[Metric]] = {}
        for metric in metrics:
            self._families.setdefault(metric.name, []).append(metric)

    def rows(self, name: str) -> list[tuple[dict[str, str], float]]:
        """Return the series of a family with their labels by name."""
        return [
            (dict(zip(metric.label_names, values, strict=True)), number(value))
            for metric in self._families.get(name, ())
            for values, value in metric.rows
        ]

    def value(self, name: str) -> float | None:
        """Return the value of a family that has one series."""
        rows = self.rows(name)
        return rows[0][1] if rows else None

    def total(self, name: str, chosen: Chosen = lambda _: True) -> float | None:
        """Return the sum of the series that are chosen; None where the family is missing."""
        rows = self.rows(name)
        return sum(value for labels, value in rows if chosen(labels)) if rows else None

    def metrics(self, names: frozenset[str]) -> list[Metric]:
        """Return the families of these names."""
        return [metric for name in names for metric in self._families.get(name, ())]

    def named(self, name: str) -> list[Metric]:
        """Return the families of one name."""
        return self._families.get(name, [])

    def families(self, names: Iterable[str]) -> dict[str, list[Metric]]:
        """Return those families of these names that there are."""
        return {name: self._families[name] for name in names if name in self._families}

    def fill(self, families: Mapping[str, list[Metric]]) -> None:
        """Add families that this moment lacks."""
        for name, found in families.items():
            self._families.setdefault(name, found)


class HostFigures:
    """Reads samples; counters become rates since the sample before."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, float]] = {}
        self._own_use: float | None = None
        self.lines: dict[str, float | None] = dict.fromkeys(LINES)
        self.resources: Plain = {}
        self.filesystems: list[Plain] = []
        self.processes: list[Use] = []
        self.uptime: float | None = None

    def take(self, sample: Sample, now: float) -> None:
        """Take over a sample."""
        cpu, cores = self._cpu(sample, now)
        self.lines = {
            "cpu": cpu,
            "memory": _digits(sample.value("tachograph_memory_utilization_ratio")),
            "disk_read": self._rate("read", sample.total("node_disk_read_bytes_total", is_disk), now),
            "disk_written": self._rate("written", sample.total("node_disk_written_bytes_total", is_disk), now),
            "network_received": self._rate(
                "received", sample.total("node_network_receive_bytes_total", _is_outer), now
            ),
            "network_sent": self._rate("sent", sample.total("node_network_transmit_bytes_total", _is_outer), now),
        }
        self.filesystems = _filesystems(sample)
        self.uptime = min((ratio for _, ratio in sample.rows("tachograph_probe_uptime_ratio")), default=None)
        if sample.rows("tachograph_top_processes"):
            self.processes = _processes(sample)
        self.resources = {
            "cpu": {"utilization_ratio": cpu, "cores": cores, **_loads(sample)},
            "memory": {
                "utilization_ratio": self.lines["memory"],
                "total_bytes": sample.value("node_memory_MemTotal_bytes"),
                "available_bytes": sample.value("node_memory_MemAvailable_bytes"),
                "swap_utilization_ratio": _digits(sample.value("tachograph_swap_utilization_ratio")),
            },
            "disk": {
                "read_bytes_per_second": self.lines["disk_read"],
                "written_bytes_per_second": self.lines["disk_written"],
            },
            "network": {
                "received_bytes_per_second": self.lines["network_received"],
                "sent_bytes_per_second": self.lines["network_sent"],
            },
            "exporter": {
                "cpu_utilization_ratio": self._own(sample.value("process_cpu_seconds_total"), now),
                "resident_memory_bytes": sample.value("process_resident_memory_bytes"),
            },
        }

    def _cpu(self, sample: Sample, now: float) -> tuple[float | None, int]:
        rows = sample.rows("node_cpu_seconds_total")
        cores = len({labels["cpu"] for labels, _ in rows})
        idle = self._rate("idle", sum(value for labels, value in rows if labels["mode"] in _IDLE), now)
        if idle is None or not cores:
            return None, cores
        return float(f"{min(1.0, max(0.0, 1 - idle / cores)):.4g}"), cores

    def _own(self, seconds: float | None, now: float) -> float | None:
        """Return the exporter's own use over ten seconds or more: the kernel counts in hundredths of one."""
        before = self._before.get("own")
        if before is None or now - before[1] >= _OWN_SECONDS:
            self._own_use = self._rate("own", seconds, now)
        return self._own_use

    def _rate(self, name: str, value: float | None, now: float) -> float | None:
        if value is None:
            return None
        before = self._before.get(name)
        self._before[name] = value, now
        if before is None or now <= before[1] or value < before[0]:
            return None
        return float(f"{(value - before[0]) / (now - before[1]):.4g}")


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def is_disk(labels: Mapping[str, str]) -> bool:
    """Tell whether a series is of a disk, and not of its parts."""
    return _DISK.fullmatch(labels.get("device", "").removeprefix("/dev/")) is not None


def _is_outer(labels: Mapping[str, str]) -> bool:
    return not labels.get("device", "").startswith("lo")


def _loads(sample: Sample) -> Plain:
    return {f"load{minutes}": sample.value(f"node_load{minutes}") for minutes in (1, 5, 15)}


def _filesystems(sample: Sample) -> list[Plain]:
    sizes = {labels["mountpoint"]: value for labels, value in sample.rows("node_filesystem_size_bytes")}
    fixed = {labels["mountpoint"] for labels, value in sample.rows("node_filesystem_readonly") if value}
    found: dict[str, Plain] = {}
    for labels, value in sample.rows("tachograph_filesystem_utilization_ratio"):
        where = labels["mountpoint"]
        if labels["fstype"] in IMAGES or labels["fstype"].startswith("fuse") or where in fixed:
            continue
        size = sizes.get(where)
        full = float(f"{value:.4g}")
        found[where] = {
            "mountpoint": where, "device": labels["device"], "size_bytes": size, "utilization_ratio": full
        }  # fmt: skip
    return sorted(found.values(), key=_fullness, reverse=True)


def _fullness(filesystem: Plain) -> float:
    return float(str(filesystem["utilization_ratio"]))


def _processes(sample: Sample) -> list[Use]:
    """Return what the names on top use; their CPU is not known at the first look at the process table."""
    by_name: dict[str, list[float]] = {}
    families = ("tachograph_top_process_cpu_cores", "tachograph_top_process_memory_bytes", "tachograph_top_processes")
    for place, name in enumerate(families):
        for labels, value in sample.rows(name):
            by_name.setdefault(labels["name"], [0.0, 0.0, 0.0])[place] = value
    known = bool(sample.rows(families[0]))
    uses = [Use(name, cpu if known else None, memory, int(count)) for name, (cpu, memory, count) in by_name.items()]
    return sorted(uses, key=lambda use: (-(use.cpu_cores or 0.0), -use.memory_bytes))
