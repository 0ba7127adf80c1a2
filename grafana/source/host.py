"""The host: of each resource how much is used, how much is waited for, and what went wrong."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import container, figures, gpu, limits, links, network, variables
from .board import Board, Row
from .names import NO_HOST
from .panels import series, value
from .queries import HOST, RATE, now, over_time

CPU_USE = f'1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle",{HOST}}}[{RATE}]))'
FILES = f'fstype!~"tmpfs|squashfs|overlay",{HOST}'
FILESYSTEM = f"tachograph_filesystem_utilization_ratio{{{FILES}}}"
INODES = f"1 - node_filesystem_files_free{{{FILES}}} / (node_filesystem_files{{{FILES}}} > 0)"
DISK = f'device!~"loop.*|ram.*",{HOST}'
TO_PROCESSES = links.to_hosts("Its processes", links.PROCESSES, instance=links.of("instance"))


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "CPU",
            "The busiest host's share of CPU time that was not idle.",
            over_time(f"max({CPU_USE})", "target < 50 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.CPU,
            empty=NO_HOST,
        ),
        value(
            3,
            "Memory",
            "The fullest host's share of memory that is not available.",
            over_time(f"max(tachograph_memory_utilization_ratio{{{HOST}}})", "target < 60 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.MEMORY,
            empty=NO_HOST,
        ),
        value(
            4,
            "Fullest disk",
            "The fullest file system of any host.",
            over_time(f"max({FILESYSTEM})", "used"),
            unit="percentunit",
            decimals=1,
            figure=figures.DISK,
            empty=NO_HOST,
        ),
    ]


def _more_indicators() -> list[Panel]:
    cores = f'count by (instance) (node_cpu_seconds_total{{mode="idle",{HOST}}})'
    return [
        value(
            5,
            "Load per core",
            "The highest 5 minute load of a host, divided by its cores: above 1 processes wait for a core.",
            over_time(f"max(node_load5{{{HOST}}} / on (instance) {cores})", "load"),
            unit="none",
            decimals=2,
            figure=figures.LOAD_PER_CORE,
            empty=NO_HOST,
        ),
        value(
            6,
            "Stalled for memory",
            "The share of time in which all tasks of the worst host waited for memory (pressure stall information).",
            over_time(f"max(rate(node_pressure_memory_stalled_seconds_total{{{HOST}}}[{RATE}]))", "stalled"),
            unit="percentunit",
            decimals=2,
            figure=figures.STALLED,
            empty="The kernel has no PSI: boot it with psi=1",
        ),
        value(
            7,
            "Up since",
            "How long the host that was started last has been up.",
            now(f"min(node_time_seconds{{{HOST}}} - node_boot_time_seconds{{{HOST}}})", "up"),
            unit="s",
            decimals=1,
            empty=NO_HOST,
        ),
    ]


def _cpu() -> list[Panel]:
    return [
        series(
            11,
            "CPU use",
            "The share of each host's CPU time that was not idle.",
            [over_time(CPU_USE, "{{instance}}")],
            unit="percentunit",
            most=1,
            figure=figures.CPU,
            links=[TO_PROCESSES],
            empty=NO_HOST,
            width=8,
        ),
        series(
            12,
            "CPU time by mode",
            "What the cores of the chosen hosts spent their time on, idle time left out.",
            [
                over_time(
                    f'sum by (mode) (rate(node_cpu_seconds_total{{mode!="idle",{HOST}}}[{RATE}])) / scalar(count('
                    f'node_cpu_seconds_total{{mode="idle",{HOST}}}))',
                    "{{mode}}",
                )
            ],
            unit="percentunit",
            stacked=True,
            empty=NO_HOST,
            width=8,
        ),
        series(
            13,
            "Waiting: CPU, memory and disk pressure",
            "The share of time in which a task waited for the resource, or all tasks for memory (pressure stall "
            "information). The limits are those of all tasks.",
            [
                over_time(
                    f"rate(node_pressure_{pressure}_seconds_total{{{HOST}}}[{RATE}])", f"{{{{instance}}}} {shown}"
                )
                for pressure, shown in (
                    ("cpu_waiting", "CPU"),
                    ("memory_waiting", "memory"),
                    ("memory_stalled", "memory, all"),
                    ("io_waiting", "disk"),
                )
            ],
            unit="percentunit",
            figure=figures.STALLED,
            links=[TO_PROCESSES],
            empty="The kernel has no PSI: boot it with psi=1",
            width=8,
        ),
    ]


def _memory() -> list[Panel]:
    total, free = f"node_memory_MemTotal_bytes{{{HOST}}}", f"node_memory_MemFree_bytes{{{HOST}}}"
    cached = " + ".join(f"node_memory_{part}_bytes{{{HOST}}}" for part in ("Buffers", "Cached", "SReclaimable"))
    return [
        series(
            14,
            "Memory",
            "The chosen hosts' memory by use; what is cached is given back when programs need it.",
            [
                over_time(f"sum({total} - {free} - ({cached}))", "programs"),
                over_time(f"sum({cached})", "cached"),
                over_time(f"sum({free})", "free"),
            ],
            unit="bytes",
            stacked=True,
            empty=NO_HOST,
            width=8,
        ),
        series(
            15,
            "Swapping",
            "Pages that were read back from swap and pages that were written to it: memory is short where both move.",
            [
                over_time(f"rate(node_vmstat_pswpin{{{HOST}}}[{RATE}])", "{{instance}} in"),
                over_time(f"rate(node_vmstat_pswpout{{{HOST}}}[{RATE}])", "{{instance}} out"),
            ],
            unit="ops",
            least_top=1,
            empty=NO_HOST,
            width=8,
        ),
        series(
            16,
            "Killed for memory, and major faults",
            "Processes that the kernel killed for want of memory, and page faults that had to wait for the disk.",
            [
                over_time(f"increase(node_vmstat_oom_kill{{{HOST}}}[{RATE}])", "{{instance}} killed"),
                over_time(f"rate(node_vmstat_pgmajfault{{{HOST}}}[{RATE}])", "{{instance}} major faults per second"),
            ],
            unit="none",
            links=[TO_PROCESSES],
            empty=NO_HOST,
            width=8,
        ),
    ]


def _disks() -> list[Panel]:
    return [
        series(
            21,
            "File systems: space and inodes",
            "How much of each file system's space and of its inodes is taken.",
            [
                over_time(FILESYSTEM, "{{instance}} {{mountpoint}}"),
                over_time(INODES, "{{instance}} {{mountpoint}} inodes"),
            ],
            unit="percentunit",
            most=1,
            figure=figures.DISK,
            empty=NO_HOST,
            width=8,
        ),
        series(
            22,
            "Disk throughput",
            "Bytes read from and written to the devices.",
            [
                over_time(
                    f"sum by (instance) (rate(node_disk_{direction}_bytes_total{{{DISK}}}[{RATE}]))",
                    f"{{{{instance}}}} {direction}",
                )
                for direction in ("read", "written")
            ],
            unit="Bps",
            figure=figures.DISK_BYTES,
            links=[TO_PROCESSES],
            empty="No disk is reported here",
            width=8,
        ),
        series(
            23,
            "Disk time: busy and waited for",
            "Busy: the share of time in which the device had work. Queue: how many requests waited or ran on average.",
            [
                over_time(f"rate(node_disk_io_time_seconds_total{{{DISK}}}[{RATE}])", "{{instance}} {{device}} busy"),
                over_time(
                    f"rate(node_disk_io_time_weighted_seconds_total{{{DISK}}}[{RATE}])",
                    "{{instance}} {{device}} queue",
                ),
            ],
            unit="none",
            empty="No disk is reported here",
            width=8,
        ),
    ]


BOARD = Board(
    uid=links.HOST,
    title="Tachograph / Host",
    description="Each resource of the hosts: how much is used, how much is waited for, and what went wrong.",
    variables=[variables.datasource(), variables.instance()],
    rows=[
        Row(1, "Now", [*_indicators(), *_more_indicators()]),
        Row(10, "CPU and memory", [*_cpu(), *_memory()]),
        Row(20, "Disks", _disks()),
        Row(30, "Network", network.panels()),
        Row(40, "Container", container.panels(), collapsed=True),
        Row(50, "GPU", gpu.panels(), collapsed=True),
        Row(60, "Limits and clock", limits.panels(), collapsed=True),
    ],
)
