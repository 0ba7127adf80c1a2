"""Tachograph itself: what it costs, what it receives, and what it could not read."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links, servers, variables
from .board import Board, Row
from .names import NO_HOST
from .panels import series, value
from .queries import HOST, RATE, now, over_time

OWN = f'job="node",{HOST}'
NO_RECEIVER = "The receiver is switched off"


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "Exporters up",
            "How many of the exporters that Prometheus knows answered their last scrape.",
            over_time(f"sum(up{{{OWN}}})", "up"),
            unit="none",
            decimals=0,
            empty=NO_HOST,
        ),
        value(
            3,
            "Silent collectors",
            "How many collectors failed or found nothing to read in the last scrape; the panel below names them.",
            over_time(f"count(node_scrape_collector_success{{{OWN}}} == 0) or vector(0)", "without success"),
            unit="none",
            decimals=0,
            empty=NO_HOST,
        ),
        value(
            4,
            "Own CPU",
            "How much of one core the busiest exporter uses.",
            over_time(f"max(rate(process_cpu_seconds_total{{{OWN}}}[{RATE}]))", "CPU"),
            unit="percentunit",
            decimals=2,
            figure=figures.OWN_CPU,
            empty=NO_HOST,
        ),
    ]


def _more_indicators() -> list[Panel]:
    return [
        value(
            5,
            "Own memory",
            "The resident memory of the biggest exporter.",
            over_time(f"max(process_resident_memory_bytes{{{OWN}}})", "memory"),
            unit="bytes",
            decimals=1,
            figure=figures.OWN_BYTES,
            empty=NO_HOST,
        ),
        value(
            6,
            "Series kept",
            "How many series of applications the exporters publish.",
            over_time(f"sum(tachograph_store_series{{{OWN}}})", "series"),
            unit="short",
            empty=NO_RECEIVER,
        ),
        value(
            7,
            "Running since",
            "How long the exporter that was started last has been running.",
            now(f"min(time() - process_start_time_seconds{{{OWN}}})", "running"),
            unit="s",
            decimals=1,
            empty=NO_HOST,
        ),
    ]


def _scrapes() -> list[Panel]:
    return [*_answers(), *_own_use()]


def _answers() -> list[Panel]:
    return [
        series(
            11,
            "Scrape duration",
            "How long Prometheus waited for each exporter's answer.",
            [over_time(f"scrape_duration_seconds{{{OWN}}}", "{{instance}}")],
            unit="s",
            figure=figures.SCRAPE_SECONDS,
            empty=NO_HOST,
            width=8,
        ),
        series(
            12,
            "Slowest collectors",
            "The ten collectors that took longest in a scrape.",
            [
                over_time(
                    f"topk(10, max by (collector) (node_scrape_collector_duration_seconds{{{OWN}}}))", "{{collector}}"
                )
            ],
            unit="s",
            empty=NO_HOST,
            width=8,
        ),
        series(
            13,
            "Collectors without success",
            "1 for a collector that failed or found nothing to read; the exporter's log says why.",
            [
                over_time(
                    f"1 - max by (instance, collector) (node_scrape_collector_success{{{OWN}}}) > 0",
                    "{{instance}} {{collector}}",
                )
            ],
            unit="none",
            empty="Every collector succeeds",
            width=8,
        ),
    ]


def _own_use() -> list[Panel]:
    return [
        series(
            14,
            "Own CPU",
            "How much of one core each exporter uses.",
            [over_time(f"rate(process_cpu_seconds_total{{{OWN}}}[{RATE}])", "{{instance}}")],
            unit="percentunit",
            figure=figures.OWN_CPU,
            empty=NO_HOST,
            width=8,
        ),
        series(
            15,
            "Own memory",
            "The resident memory of each exporter.",
            [over_time(f"process_resident_memory_bytes{{{OWN}}}", "{{instance}}")],
            unit="decbytes",
            figure=figures.OWN_BYTES,
            empty=NO_HOST,
            width=8,
        ),
        series(
            16,
            "Open files of what is scraped",
            "How many of the files that its process may open each scraped server has open.",
            [over_time(f"process_open_fds{{{HOST}}} / (process_max_fds{{{HOST}}} > 0)", "{{job}} {{instance}}")],
            unit="percentunit",
            figure=figures.OPEN_FILES,
            empty="Nothing that is scraped tells its open files",
            width=8,
        ),
    ]


def _receiver() -> list[Panel]:
    return [
        series(
            21,
            "Requests by answer",
            "How many requests of applications came in each second; codes from 400 are refusals.",
            [
                over_time(
                    f"sum by (signal, code) (rate(tachograph_otlp_requests_total{{{OWN}}}[{RATE}]))",
                    "{{signal}} {{code}}",
                )
            ],
            unit="reqps",
            empty=NO_RECEIVER,
            width=8,
        ),
        series(
            22,
            "Points and spans received, and refused",
            "How many data points and spans came in each second, and how many of them were not counted: duplicate and "
            "out_of_order ones had been counted before.",
            [
                over_time(f"sum by (signal) (rate(tachograph_otlp_points_total{{{OWN}}}[{RATE}]))", "{{signal}}"),
                over_time(
                    f"sum by (reason) (rate(tachograph_otlp_refused_points_total{{{OWN}}}[{RATE}]))",
                    "not counted: {{reason}}",
                ),
            ],
            unit="ops",
            empty=NO_RECEIVER,
            width=8,
        ),
        series(
            23,
            "Series kept, and folded away",
            "Series that are published, and series folded into an overflow series because a metric had too many.",
            [
                over_time(f"tachograph_store_series{{{OWN}}}", "{{instance}} kept"),
                over_time(f"increase(tachograph_store_folded_series_total{{{OWN}}}[{RATE}])", "{{instance}} folded"),
            ],
            unit="short",
            empty=NO_RECEIVER,
            width=8,
        ),
    ]


BOARD = Board(
    uid=links.EXPORTER,
    title="Tachograph / Itself",
    description="What Tachograph's exporters cost, what they receive, and what they could not read.",
    variables=[variables.datasource(), variables.instance()],
    rows=[
        Row(1, "Now", [*_indicators(), *_more_indicators()]),
        Row(10, "Scrapes", _scrapes()),
        Row(20, "Receiver", _receiver()),
        Row(30, "Prometheus and Alertmanager", servers.panels(), collapsed=True),
    ],
)
