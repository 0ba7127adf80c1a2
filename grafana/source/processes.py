"""Processes: which use the machine, in which state they are, and how the watched groups fare."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links, variables
from .board import Board, Row
from .columns import Column, host
from .panels import bars, grid, series, value
from .queries import HOST, RATE, now, over_time, rows

OFF = "Switched off: tachograph serve --collector.processes"
NO_GROUP = "No group is watched: name one under [[collector.process_groups.groups]]"
GROUP = f'{HOST},group=~"$group"'
BY_GROUP = "instance, group"


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "Processes",
            "How many processes the chosen hosts run.",
            over_time(f"sum(node_processes_pids{{{HOST}}})", "processes"),
            unit="none",
            decimals=0,
            empty=OFF,
        ),
        value(
            3,
            "Threads",
            "The share of the threads that the fullest host may have.",
            over_time(f"max(node_processes_threads{{{HOST}}} / node_processes_max_threads{{{HOST}}})", "of the limit"),
            unit="percentunit",
            decimals=1,
            figure=figures.LIMIT,
            empty=OFF,
        ),
        value(
            4,
            "Waiting for the disk",
            "Processes that cannot be interrupted (state D) because they wait for a device.",
            over_time(f"sum(node_procs_blocked{{{HOST}}})", "blocked"),
            unit="none",
            decimals=0,
            figure=figures.BLOCKED,
            empty="No exporter reports this host",
        ),
    ]


def _more_indicators() -> list[Panel]:
    return [
        value(
            5,
            "Zombies",
            "Processes that ended and whose parent has not noticed (state Z).",
            over_time(f'sum(node_processes_state{{state="Z",{HOST}}}) or vector(0)', "zombies"),
            unit="none",
            decimals=0,
            figure=figures.ZOMBIES,
            empty=OFF,
        ),
        value(
            6,
            "Watched groups that run",
            "How many of the watched groups have a process.",
            over_time(f"count(tachograph_process_group_processes{{{GROUP}}} > 0)", "groups"),
            unit="none",
            decimals=0,
            empty=NO_GROUP,
        ),
        value(
            7,
            "Started",
            "How many processes of the watched groups were started in the chosen time; many restarts are crashes.",
            now(f"sum(increase(tachograph_process_group_starts_total{{{GROUP}}}[$__range]))", "starts"),
            unit="none",
            decimals=0,
            empty=NO_GROUP,
        ),
    ]


def _top() -> list[Panel]:
    return [
        bars(
            11,
            "Most CPU",
            "The programs that use most cores now, all processes of one name together.",
            now(f"topk(10, sum by (name) (tachograph_top_process_cpu_cores{{{HOST}}}))", "{{name}}"),
            unit="none",
            many=True,
            width=12,
            height=9,
            empty=OFF,
        ),
        bars(
            12,
            "Most memory",
            "The programs that hold most memory now, all processes of one name together.",
            now(f"topk(10, sum by (name) (tachograph_top_process_memory_bytes{{{HOST}}}))", "{{name}}"),
            unit="bytes",
            many=True,
            width=12,
            height=9,
            empty=OFF,
        ),
        series(
            13,
            "Processes by state",
            "R runs, S sleeps, D waits for a device, T is stopped, Z has ended unnoticed, I is an idle kernel thread.",
            [over_time(f"sum by (state) (node_processes_state{{{HOST}}})", "{{state}}")],
            unit="none",
            empty=OFF,
        ),
        series(
            14,
            "CPU of the top programs",
            "Cores that the programs which use most of them used over time.",
            [over_time(f"topk(10, sum by (name) (tachograph_top_process_cpu_cores{{{HOST}}}))", "{{name}}")],
            unit="none",
            stacked=True,
            empty=OFF,
        ),
    ]


def _groups() -> list[Panel]:
    metric = "tachograph_process_group_{}"
    return [
        grid(
            21,
            "Watched groups",
            "What the processes of each watched group use together, now.",
            [
                rows(f"sum by ({BY_GROUP}) ({metric.format('processes')}{{{GROUP}}})"),
                rows(f"sum by ({BY_GROUP}) (rate({metric.format('cpu_seconds_total')}{{{GROUP}}}[{RATE}]))"),
                rows(f"sum by ({BY_GROUP}) ({metric.format('resident_memory_bytes')}{{{GROUP}}})"),
                rows(f"sum by ({BY_GROUP}) ({metric.format('memory_ratio')}{{{GROUP}}})"),
                rows(f"sum by ({BY_GROUP}) ({metric.format('threads')}{{{GROUP}}})"),
                rows(f"sum by ({BY_GROUP}) ({metric.format('open_fds')}{{{GROUP}}})"),
                rows(f"time() - min by ({BY_GROUP}) ({metric.format('start_time_seconds')}{{{GROUP}}})"),
            ],
            columns=[
                host(),
                Column("group", "Group"),
                Column("Value #A", "Processes", "none", decimals=0),
                Column("Value #B", "Cores", "none", decimals=2, bar=True),
                Column("Value #C", "Memory", "bytes"),
                Column("Value #D", "Of the host's", "percentunit", figures.GROUP_MEMORY, decimals=1),
                Column("Value #E", "Threads", "none", decimals=0),
                Column("Value #F", "Open files", "none", decimals=0),
                Column("Value #G", "Runs for", "s"),
            ],
            sort_by="Cores",
            empty=NO_GROUP,
        )
    ]


def _courses() -> list[Panel]:
    return [
        series(
            22,
            "CPU by group",
            "Cores that each watched group used, in user and in system mode together.",
            [
                over_time(
                    f"sum by ({BY_GROUP}) (rate(tachograph_process_group_cpu_seconds_total{{{GROUP}}}[{RATE}]))",
                    "{{instance}} {{group}}",
                )
            ],
            unit="none",
            empty=NO_GROUP,
            width=8,
        ),
        series(
            23,
            "Memory by group",
            "Resident memory of each watched group.",
            [over_time(f"tachograph_process_group_resident_memory_bytes{{{GROUP}}}", "{{instance}} {{group}}")],
            unit="bytes",
            empty=NO_GROUP,
            width=8,
        ),
        series(
            24,
            "Disk traffic by group",
            "Bytes that each watched group read from disks and wrote to them.",
            [
                over_time(
                    f"sum by ({BY_GROUP}) (rate(tachograph_process_group_{direction}_bytes_total{{{GROUP}}}[{RATE}]))",
                    f"{{{{instance}}}} {{{{group}}}} {direction}",
                )
                for direction in ("read", "written")
            ],
            unit="Bps",
            figure=figures.DISK_BYTES,
            empty=NO_GROUP,
            width=8,
        ),
    ]


BOARD = Board(
    uid=links.PROCESSES,
    title="Tachograph / Processes",
    description="Which programs use the machine, in which state they are, and how the watched groups fare.",
    variables=[
        variables.datasource(),
        variables.instance(),
        variables.label_values("group", "Group", f"tachograph_process_group_processes{{{HOST}}}", "group"),
    ],
    rows=[
        Row(1, "Now", [*_indicators(), *_more_indicators()]),
        Row(10, "The whole machine", _top()),
        Row(20, "Watched groups", [*_groups(), *_courses()]),
    ],
)
