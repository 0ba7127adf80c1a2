"""Rules about the host: CPU, memory, file systems, network, disks, clock."""

from . import panels
from .check import Check, Limit, Subject
from .unit import BYTES_PER_SECOND, RATIO, SECONDS

# Recordings of the node-mixin carry its names and expressions, so that its dashboards work on ours.
CPU = "instance:node_cpu_utilisation:rate5m"
CPU_PEAK = "instance:node_cpu_utilisation:rate1m"
MEMORY = "instance:node_memory_utilisation:ratio"
FILESYSTEM = "instance_mountpoint:node_filesystem_utilisation:ratio"
NETWORK = "instance_device:node_network_bytes:rate5m"
DISK = "instance_device:node_disk_bytes:rate5m"

_DISKS = r'device=~"(/dev/)?(mmcblk.p.+|nvme.+|rbd.+|sd.+|vd.+|xvd.+|dm-.+|md.+|dasd.+)"'
# Images that are always full, and file systems that are not storage.
_STORAGE = 'fstype!~"squashfs|iso9660|erofs|ramfs|fuse.*|nsfs|proc|sysfs|cgroup.*"'
_WRITABLE = f"and on (instance, device, mountpoint) node_filesystem_readonly{{$hosts,{_STORAGE}}} == 0"


def _excluding_loopback(metric: str) -> tuple[str, str]:
    """Return the node-mixin's recording of a network counter."""
    name = f"instance:node_network_{metric}_excluding_lo:rate5m"
    return name, f'sum without (device) (rate(node_network_{metric}_total{{$hosts,device!="lo"}}[5m]))'


def _busy_cpu(window: str) -> str:
    return (
        "1 - avg without (cpu) (\n"
        f'  sum without (mode) (rate(node_cpu_seconds_total{{$hosts,mode=~"idle|iowait|steal"}}[{window}]))\n'
        ")"
    )


def _greater(one: str, other: str) -> str:
    return f"({one}\n  >= {other})\nor {other}"


RECORDS = (
    ("instance:node_num_cpu:sum", 'count without (cpu, mode) (node_cpu_seconds_total{$hosts,mode="idle"})'),
    (CPU, _busy_cpu("5m")),
    (CPU_PEAK, _busy_cpu("1m")),
    ("instance:node_load1_per_cpu:ratio", "node_load1{$hosts}\n/ instance:node_num_cpu:sum{$hosts}"),
    (
        MEMORY,
        "1 - (\n"
        "  (\n"
        "    node_memory_MemAvailable_bytes{$hosts}\n"
        "    or\n"
        "    (\n"
        "      node_memory_Buffers_bytes{$hosts} + node_memory_Cached_bytes{$hosts}\n"
        "      + node_memory_MemFree_bytes{$hosts} + node_memory_Slab_bytes{$hosts}\n"
        "    )\n"
        "  )\n"
        "  / node_memory_MemTotal_bytes{$hosts}\n"
        ")",
    ),
    ("instance:node_vmstat_pgmajfault:rate5m", "rate(node_vmstat_pgmajfault{$hosts}[5m])"),
    (
        "instance_device:node_disk_io_time_seconds:rate5m",
        f"rate(node_disk_io_time_seconds_total{{$hosts,{_DISKS}}}[5m])",
    ),
    (
        "instance_device:node_disk_io_time_weighted_seconds:rate5m",
        f"rate(node_disk_io_time_weighted_seconds_total{{$hosts,{_DISKS}}}[5m])",
    ),
    _excluding_loopback("receive_bytes"),
    _excluding_loopback("transmit_bytes"),
    _excluding_loopback("receive_drop"),
    _excluding_loopback("transmit_drop"),
    (
        FILESYSTEM,
        f"1 - node_filesystem_avail_bytes{{$hosts,{_STORAGE}}}\n"
        f"/ (node_filesystem_size_bytes{{$hosts,{_STORAGE}}} > 0)",
    ),
    (
        NETWORK,
        _greater(
            'rate(node_network_receive_bytes_total{$hosts,device!="lo"}[5m])',
            'rate(node_network_transmit_bytes_total{$hosts,device!="lo"}[5m])',
        ),
    ),
    (
        DISK,
        f"rate(node_disk_read_bytes_total{{$hosts,{_DISKS}}}[5m])\n"
        f"+ rate(node_disk_written_bytes_total{{$hosts,{_DISKS}}}[5m])",
    ),
)

CHECKS = (
    Check(
        name="HostCpuHigh",
        value=f"{CPU}{{$hosts}}",
        unit=RATIO,
        warning=Limit(0.7, "10m"),
        critical=Limit(0.9, "10m"),
        summary="The CPUs of <instance> are busy",
        description="The CPUs of <instance> were <value> busy over the last 5 minutes; the limit is <limit>.",
        panel=panels.CPU,
    ),
    Check(
        name="HostCpuPeak",
        value=f"{CPU_PEAK}{{$hosts}}",
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.95, "5m"),
        summary="The CPUs of <instance> are at a peak",
        description="The CPUs of <instance> were <value> busy over the last minute; the limit is <limit>.",
        panel=panels.CPU,
    ),
    Check(
        name="HostMemoryHigh",
        value=f"{MEMORY}{{$hosts}}",
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.9, "5m"),
        summary="The memory of <instance> is nearly used up",
        description="<value> of the memory of <instance> is in use; the limit is <limit>.",
        panel=panels.MEMORY,
    ),
    Check(
        name="HostMemoryStalled",
        value="rate(node_pressure_memory_stalled_seconds_total{$hosts}[5m])",
        unit=RATIO,
        warning=Limit(0.1, "5m"),
        critical=Limit(0.3, "5m"),
        summary="Processes of <instance> stand still for want of memory",
        description="All of <instance> waited for memory <value> of the last 5 minutes; the limit is <limit>.",
        panel=panels.PRESSURE,
    ),
    Check(
        name="HostOomKill",
        value="increase(node_vmstat_oom_kill{$hosts}[10m])",
        warning=Limit(0, "0s"),
        keep_firing="10m",
        summary="The kernel of <instance> killed a process for want of memory",
        description="The kernel of <instance> killed <value> processes for want of memory over the last 10 minutes.",
        panel=panels.KILLS,
    ),
    Check(
        name="HostFilesystemFull",
        value=f"{FILESYSTEM}{{$hosts}}",
        guard=_WRITABLE,
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.9, "5m"),
        summary="<mountpoint> of <instance> is nearly full",
        description="<mountpoint> (<device>) of <instance> is <value> full; the limit is <limit>.",
        panel=panels.FILESYSTEMS,
    ),
    Check(
        name="HostFilesystemFillsUp",
        value=f"node_filesystem_avail_bytes{{$hosts,{_STORAGE}}}\n"
        f"/ (deriv(node_filesystem_avail_bytes{{$hosts,{_STORAGE}}}[6h]) < 0) * -1",
        comparison="<",
        guard=f"and on (instance, device, mountpoint) {FILESYSTEM}{{$hosts}} > 0.4\n{_WRITABLE}",
        unit=SECONDS,
        warning=Limit(86400, "1h"),
        critical=Limit(14400, "30m"),
        summary="<mountpoint> of <instance> fills up",
        description="<mountpoint> (<device>) of <instance> is full in <value> at the trend of the last 6 hours;"
        " the limit is <limit>.",
        panel=panels.FILESYSTEMS,
    ),
    Check(
        name="HostFilesystemInodesFull",
        value=f"1 - node_filesystem_files_free{{$hosts,{_STORAGE}}}\n"
        f"/ (node_filesystem_files{{$hosts,{_STORAGE}}} > 0)",
        guard=_WRITABLE,
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.9, "5m"),
        summary="<mountpoint> of <instance> runs out of inodes",
        description="<mountpoint> (<device>) of <instance> has used <value> of its inodes; the limit is <limit>.",
        panel=panels.FILESYSTEMS,
    ),
    Check(
        name="HostDiskTrafficHigh",
        value=f"{DISK}{{$hosts}}",
        unit=BYTES_PER_SECOND,
        critical=Limit(500e6, "5m"),
        summary="Disk <device> of <instance> is very busy",
        description="<device> of <instance> read and wrote <value> over the last 5 minutes; the limit is <limit>.",
        panel=panels.DISKS,
    ),
    Check(
        name="HostNetworkSaturated",
        value=f"{NETWORK}{{$hosts}}\n/ (node_network_speed_bytes{{$hosts}} > 0)",
        unit=RATIO,
        warning=Limit(0.7, "5m"),
        summary="<device> of <instance> is near its link's speed",
        description="<device> of <instance> used <value> of its link over the last 5 minutes; the limit is <limit>.",
        panel=panels.NETWORK,
    ),
    Check(
        name="HostNetworkTrafficHigh",
        value=f"{NETWORK}{{$hosts}}",
        unit=BYTES_PER_SECOND,
        critical=Limit(200e6, "5m"),
        summary="<device> of <instance> carries very much traffic",
        description="<device> of <instance> carried <value> in one direction over the last 5 minutes;"
        " the limit is <limit>.",
        panel=panels.NETWORK,
    ),
    Check(
        name="HostNetworkErrors",
        value="(rate(node_network_receive_errs_total{$hosts}[5m])"
        " + rate(node_network_transmit_errs_total{$hosts}[5m]))\n"
        "/ (rate(node_network_receive_packets_total{$hosts}[5m])"
        " + rate(node_network_transmit_packets_total{$hosts}[5m]) > 0)",
        unit=RATIO,
        warning=Limit(0.01, "15m"),
        summary="<device> of <instance> has errors",
        description="<value> of the packets of <device> of <instance> were faulty over the last 5 minutes;"
        " the limit is <limit>.",
        panel=panels.NETWORK_ERRORS,
    ),
    Check(
        name="HostConnectionTrackingFull",
        value="node_nf_conntrack_entries{$hosts} / (node_nf_conntrack_entries_limit{$hosts} > 0)",
        unit=RATIO,
        warning=Limit(0.75, "5m"),
        critical=Limit(0.9, "5m"),
        summary="The connection tracking of <instance> is nearly full",
        description="<value> of the connection tracking table of <instance> is in use; the limit is <limit>.",
        panel=panels.LIMITS,
    ),
    Check(
        name="HostFileDescriptorsHigh",
        value="node_filefd_allocated{$hosts} / node_filefd_maximum{$hosts}",
        unit=RATIO,
        warning=Limit(0.75, "15m"),
        critical=Limit(0.9, "15m"),
        summary="<instance> runs out of file descriptors",
        description="<value> of the file descriptors of <instance> are in use; the limit is <limit>.",
        panel=panels.LIMITS,
    ),
    Check(
        name="HostClockSkewed",
        value="abs(timestamp(node_time_seconds{$hosts}) - node_time_seconds{$hosts})",
        unit=SECONDS,
        warning=Limit(1, "10m"),
        critical=Limit(10, "10m"),
        summary="The clock of <instance> is wrong",
        description="The clock of <instance> is <value> away from Prometheus' own; the limit is <limit>.",
        panel=panels.CLOCK,
    ),
    Check(
        name="HostClockDrifting",
        value="abs(node_timex_offset_seconds{$hosts})",
        unit=SECONDS,
        warning=Limit(0.05, "10m"),
        critical=Limit(0.5, "10m"),
        summary="The clock of <instance> drifts from its time servers",
        description="The clock of <instance> is <value> away from its time servers; the limit is <limit>.",
        panel=panels.CLOCK,
    ),
)

HOST = Subject("host", RECORDS, CHECKS)
