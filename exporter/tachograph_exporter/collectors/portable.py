"""The host as psutil sees it, under the same names: for macOS, Windows and the BSDs, which have no /proc."""

import platform
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from ..exposition.metric import Labels, Metric, counter, family, gauge
from ..host import Host
from .collector import Collector
from .cpu import Use
from .netdev import Links, NetworkDeviceOptions
from .options import Options, pattern, selector
from .portable_processes import Processes, ProcessGroups
from .portable_sensors import CpuFrequencies, PowerSupplies, Sensors
from .probes import Probes
from .textfile import Textfile

# psutil's names for modes that Linux calls otherwise
_MODES = {"interrupt": "irq", "dpc": "softirq"}
_MEGABIT_BYTES = 1_000_000 / 8
_MOUNTS_EXCLUDED = "^/(dev)($|/)"
_TYPES_EXCLUDED = "^(autofs|devfs)$"
_SUMS = frozenset(("guest", "guest_nice"))
_USE_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")

Rows = list[tuple[Labels, float]]


class Cpu(Collector):
    """Reads what each core spent its time on."""

    name = "cpu"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._use = Use()

    def collect(self) -> Iterator[Metric]:
        """Yield the seconds of each core and the share of all in use since the scrape before."""
        rows: Rows = []
        totals: defaultdict[str, float] = defaultdict(float)
        for core, times in enumerate(psutil.cpu_times(percpu=True)):
            for name, seconds in zip(times._fields, times, strict=True):
                mode = _MODES.get(name, name)
                if mode not in _SUMS:
                    rows.append(((str(core), mode), seconds))
                    totals[mode] += seconds
        yield Metric("node_cpu_seconds_total", "counter", "Seconds spent in each mode.", ("cpu", "mode"), rows)
        ratio = self._use.ratio([totals[mode] for mode in _USE_MODES], time.monotonic())
        if ratio is not None:
            yield gauge("tachograph_cpu_utilization_ratio", "CPU time in use since the scrape before, 0 to 1.", ratio)


@dataclass(frozen=True, slots=True)
class DiskOptions(Options):
    """Which disks are reported."""

    device_include: re.Pattern[str] | None = pattern("Devices to report; all others are left out.")
    device_exclude: re.Pattern[str] | None = pattern("Devices to leave out.")


class DiskStatistics(Collector):
    """Reads reads and writes by device."""

    name = "diskstats"
    options_type = DiskOptions
    options: DiskOptions

    def collect(self) -> Iterator[Metric]:
        """Yield what every system counts; times are in milliseconds to psutil."""
        selected = selector(self.options.device_include, self.options.device_exclude)
        counted = psutil.disk_io_counters(perdisk=True) or {}
        disks = {disk: counts for disk, counts in counted.items() if selected(disk)}
        for name, documentation, field, scale in (
            ("reads_completed_total", "Reads completed.", "read_count", 1.0),
            ("read_bytes_total", "Bytes read.", "read_bytes", 1.0),
            ("read_time_seconds_total", "Seconds spent by all reads.", "read_time", 0.001),
            ("writes_completed_total", "Writes completed.", "write_count", 1.0),
            ("written_bytes_total", "Bytes written.", "write_bytes", 1.0),
            ("write_time_seconds_total", "Seconds spent by all writes.", "write_time", 0.001),
        ):
            rows = [
                ((disk,), getattr(counts, field) * scale) for disk, counts in disks.items() if hasattr(counts, field)
            ]
            if rows:
                yield Metric(f"node_disk_{name}", "counter", documentation, ("device",), rows)


@dataclass(frozen=True, slots=True)
class FilesystemOptions(Options):
    """Which mounts are reported."""

    mount_points_include: re.Pattern[str] | None = pattern("Mount points to report; all others are left out.")
    mount_points_exclude: re.Pattern[str] | None = pattern("Mount points to leave out.", default=_MOUNTS_EXCLUDED)
    fs_types_include: re.Pattern[str] | None = pattern("File system types to report; all others are left out.")
    fs_types_exclude: re.Pattern[str] | None = pattern("File system types to leave out.", default=_TYPES_EXCLUDED)


class Filesystems(Collector):
    """Reads the size of each local file system."""

    name = "filesystem"
    options_type = FilesystemOptions
    options: FilesystemOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        chosen = self.options
        self._point = selector(chosen.mount_points_include, chosen.mount_points_exclude, _MOUNTS_EXCLUDED)
        self._type = selector(chosen.fs_types_include, chosen.fs_types_exclude, _TYPES_EXCLUDED)

    def collect(self) -> Iterator[Metric]:
        """Yield sizes; a drive without a medium has only its error."""
        names = ("device", "mountpoint", "fstype", "device_error")
        sizes: dict[str, Rows] = {"avail": [], "free": [], "size": []}
        errors: Rows = []
        readonly: Rows = []
        ratios: Rows = []
        for part in psutil.disk_partitions():
            identity = (part.device, part.mountpoint, part.fstype)
            if not (self._point(part.mountpoint) and self._type(part.fstype)):
                continue
            try:
                usage = psutil.disk_usage(part.mountpoint)
            except OSError as error:
                errors.append(((*identity, (error.strerror or str(error)).lower()), 1.0))
                continue
            labels = (*identity, "")
            errors.append((labels, 0.0))
            readonly.append((labels, float("ro" in part.opts.split(","))))
            for rows, value in zip(sizes.values(), (usage.free, usage.total - usage.used, usage.total), strict=True):
                rows.append((labels, float(value)))
            ratios.append((identity, 1 - usage.free / usage.total if usage.total else 0.0))
        yield Metric("node_filesystem_device_error", "gauge", "Whether the size is not known.", names, errors)
        yield Metric("node_filesystem_readonly", "gauge", "Whether nothing can be written.", names, readonly)
        for name, rows in sizes.items():
            yield Metric(f"node_filesystem_{name}_bytes", "gauge", f"Bytes: {name}.", names, rows)
        yield Metric("tachograph_filesystem_utilization_ratio", "gauge", "Share in use, 0 to 1.", names[:3], ratios)


class LoadAverage(Collector):
    """Reads the load averages, which psutil keeps itself on Windows."""

    name = "loadavg"

    def collect(self) -> Iterator[Metric]:
        """Yield node_load1, node_load5 and node_load15."""
        for minutes, value in zip((1, 5, 15), psutil.getloadavg(), strict=True):
            yield gauge(f"node_load{minutes}", f"{minutes}m load average.", value)


class Memory(Collector):
    """Reads memory and swap."""

    name = "meminfo"

    def collect(self) -> Iterator[Metric]:
        """Yield Linux's names for what all systems have, and macOS' own names beside them."""
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        figures = {"MemTotal": memory.total, "MemAvailable": memory.available, "MemFree": memory.free}
        figures |= {"SwapTotal": swap.total, "SwapFree": swap.free}
        if hasattr(memory, "wired"):
            own = ("total", "available", "free", "active", "inactive", "wired")
            figures |= {name: getattr(memory, name) for name in own}
            figures |= {"swap_total": swap.total, "swap_used": swap.used}
        for name, value in figures.items():
            yield gauge(f"node_memory_{name}_bytes", f"Memory information field {name}_bytes.", float(value))
        ratio = 1 - memory.available / memory.total
        yield gauge("tachograph_memory_utilization_ratio", "Memory that is not available, 0 to 1.", ratio)
        ratio = 1 - swap.free / swap.total if swap.total else 0.0
        yield gauge("tachograph_swap_utilization_ratio", "Swap in use, 0 to 1; 0 where there is none.", ratio)


class NetworkDevices(Collector):
    """Reads bytes, packets, errors and drops by interface."""

    name = "netdev"
    options_type = NetworkDeviceOptions
    options: NetworkDeviceOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(self.options.device_include, self.options.device_exclude)
        self._links = Links()

    def collect(self) -> Iterator[Metric]:
        """Yield what every system counts, each interface's state, and the links' use since the scrape before."""
        counted = psutil.net_io_counters(pernic=True)
        devices = {device: counts for device, counts in counted.items() if self._selected(device)}
        for name, field in (
            ("receive_bytes", "bytes_recv"),
            ("receive_packets", "packets_recv"),
            ("receive_errs", "errin"),
            ("receive_drop", "dropin"),
            ("transmit_bytes", "bytes_sent"),
            ("transmit_packets", "packets_sent"),
            ("transmit_errs", "errout"),
            ("transmit_drop", "dropout"),
        ):
            rows = [((device,), float(getattr(counts, field))) for device, counts in devices.items()]
            documentation = f"Network device statistic {name}."
            yield Metric(f"node_network_{name}_total", "counter", documentation, ("device",), rows)
        states = {device: state for device, state in psutil.net_if_stats().items() if self._selected(device)}
        up = [((device,), float(state.isup)) for device, state in states.items()]
        yield Metric("node_network_up", "gauge", "1 where the interface is up, else 0.", ("device",), up)
        mtu = [((device,), float(state.mtu)) for device, state in states.items()]
        yield Metric("node_network_mtu_bytes", "gauge", "Network device property: mtu_bytes", ("device",), mtu)
        speeds = {device: state.speed * _MEGABIT_BYTES for device, state in states.items() if state.speed > 0}
        rows = [((device,), speed) for device, speed in speeds.items()]
        yield Metric("node_network_speed_bytes", "gauge", "Speed of the link.", ("device",), rows)
        carried = {device: (float(one.bytes_recv), float(one.bytes_sent)) for device, one in devices.items()}
        known = {device: speed for device, speed in speeds.items() if device in carried}
        yield from self._links.ratios(carried, known, time.monotonic())


class Stat(Collector):
    """Reads when the host booted, and its context switches and interrupts."""

    name = "stat"

    def collect(self) -> Iterator[Metric]:
        """Yield node_boot_time_seconds, node_context_switches_total and node_intr_total."""
        counts = psutil.cpu_stats()
        yield gauge("node_boot_time_seconds", "When the host booted, as a Unix time.", psutil.boot_time())
        yield counter("node_context_switches_total", "Context switches.", float(counts.ctx_switches))
        yield counter("node_intr_total", "Interrupts serviced.", float(counts.interrupts))


class Clock(Collector):
    """Reads the system's clock."""

    name = "time"

    def collect(self) -> Iterator[Metric]:
        """Yield the time and the offset of its zone."""
        now = time.time()
        zone = time.localtime(now)
        yield gauge("node_time_seconds", "System time in seconds since 1970.", now)
        rows = [((zone.tm_zone,), float(zone.tm_gmtoff))]
        yield family("node_time_zone_offset_seconds", "gauge", "Offset of the time zone.", ("time_zone",), rows)


class Uname(Collector):
    """Reads the system's name and version."""

    name = "uname"

    def collect(self) -> Iterator[Metric]:
        """Yield node_uname_info."""
        system = platform.uname()
        labels = ("sysname", "release", "version", "machine", "nodename", "domainname")
        values = (system.system, system.release, system.version, system.machine, system.node, "")
        yield family("node_uname_info", "gauge", "What the system calls itself.", labels, [(values, 1.0)])


COLLECTORS: tuple[type[Collector], ...] = (
    Cpu,
    CpuFrequencies,
    DiskStatistics,
    Filesystems,
    LoadAverage,
    Memory,
    NetworkDevices,
    PowerSupplies,
    Probes,
    ProcessGroups,
    Processes,
    Sensors,
    Stat,
    Textfile,
    Clock,
    Uname,
)
