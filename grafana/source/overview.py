"""The overview: the key indicators against their targets, and what moves them."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import endpoints, figures, indicators, links, variables
from .board import Board, Row
from .columns import Column, host, service
from .host import CPU_USE, FILESYSTEM
from .names import (
    BY_CACHE,
    BY_MODEL,
    BY_OPERATION,
    BY_QUERY,
    CACHE,
    CACHE_LEGEND,
    DATABASE,
    FAILED,
    FIRING,
    HIT,
    LLM,
    MODEL_LEGEND,
    NO_CACHE,
    NO_HOST,
    NO_LLM,
    NO_OPERATION,
    NO_QUERY,
    OPERATION,
    OPERATION_LEGEND,
    OPERATION_P95,
    QUERY_LEGEND,
)
from .panels import grid, series
from .queries import HOST, SERVICE, over_time, per_second, quantile, rows, share, top

TO_OPERATION = links.to_board(
    "This operation",
    links.OPERATIONS,
    service=links.of("service_name"),
    operation=links.of("tachograph_operation_name"),
)
TO_MODEL = links.to_board(
    "This model", links.LLM, provider=links.of("gen_ai_provider_name"), model=links.of("gen_ai_request_model")
)
TO_SYSTEM = links.to_board("This database", links.DATABASE, system=links.of("db_system_name"))
TO_CACHE = links.to_board("This cache", links.CACHE, cache=links.of("cache_name"), level=links.of("cache_level"))
TO_HOST = links.to_hosts("This host", links.HOST, instance=links.of("instance"))


def _attention() -> list[Panel]:
    count = f"{OPERATION}_count"
    return [
        grid(
            17,
            "Firing alerts",
            "Which alerts are firing now, the critical ones first.",
            [rows(FIRING)],
            columns=[
                Column("severity", "Severity", width=105),
                Column("alertname", "Alert"),
                service(width=110),
                host(width=130),
            ],
            sort_by="Severity",
            descending=False,
            width=10,
            empty="No alert is firing",
        ),
        grid(
            18,
            "Services",
            "Each service over the last interval; a name leads to its operations.",
            [
                rows(per_second(count, SERVICE, by="service_name")),
                rows(share(count, where=FAILED, of=SERVICE, by="service_name")),
                rows(quantile(0.95, OPERATION, SERVICE, by="service_name")),
                rows(quantile(0.95, LLM, SERVICE, by="service_name")),
                rows(quantile(0.95, DATABASE, SERVICE, by="service_name")),
                rows(share(CACHE, where=HIT, of=SERVICE, by="service_name")),
            ],
            columns=[
                service(),
                Column("Value #A", "Operations/s", "none", decimals=2),
                Column("Value #B", "Failed", "percentunit", figures.ERROR_RATIO, decimals=2),
                Column("Value #C", "p95", "s", figures.OPERATION_SECONDS),
                Column("Value #D", "LLM p95", "s", figures.LLM_SECONDS),
                Column("Value #E", "Database p95", "s", figures.QUERY_SECONDS),
                Column("Value #F", "Cache hits", "percentunit", figures.CACHE_HIT_RATIO, decimals=1),
            ],
            sort_by="Operations/s",
            width=14,
            empty=NO_OPERATION,
        ),
    ]


def _courses() -> list[Panel]:
    return [
        series(
            11,
            "Operation latency p95",
            "How long 95 of 100 runs of the slowest operations took at most; a point opens the trace it came from.",
            [
                over_time(top(f"{OPERATION_P95}{{{SERVICE}}}"), OPERATION_LEGEND),
                over_time(quantile(0.95, OPERATION, SERVICE), "all together", exemplars=True),
            ],
            links=[TO_OPERATION],
            unit="s",
            figure=figures.OPERATION_SECONDS,
            empty=NO_OPERATION,
        ),
        series(
            12,
            "Operations per second",
            "How often each operation ran, failed ones included.",
            [over_time(top(per_second(f"{OPERATION}_count", SERVICE, by=BY_OPERATION)), OPERATION_LEGEND)],
            links=[TO_OPERATION],
            unit="ops",
            empty=NO_OPERATION,
        ),
        series(
            13,
            "LLM latency p95 by model",
            "How long 95 of 100 calls of each model took at most; a point opens the trace it came from.",
            [over_time(quantile(0.95, LLM, SERVICE, by=BY_MODEL), MODEL_LEGEND, exemplars=True)],
            links=[TO_MODEL],
            unit="s",
            figure=figures.LLM_SECONDS,
            empty=NO_LLM,
        ),
        series(
            14,
            "Failed share of operations and calls",
            "Which share of the operations, LLM calls and database calls ended with an error.",
            [
                over_time(_errors(OPERATION), "operations"),
                over_time(_errors(LLM), "LLM calls"),
                over_time(_errors(DATABASE), "database calls"),
            ],
            unit="percentunit",
            figure=figures.ERROR_RATIO,
            empty=NO_OPERATION,
        ),
        series(
            15,
            "Database latency p95 by operation",
            "How long 95 of 100 database calls took at most.",
            [over_time(quantile(0.95, DATABASE, SERVICE, by=BY_QUERY), QUERY_LEGEND, exemplars=True)],
            links=[TO_SYSTEM],
            unit="s",
            figure=figures.QUERY_SECONDS,
            empty=NO_QUERY,
        ),
        series(
            16,
            "Cache hit rate by cache",
            "Which share of each cache's requests were hits.",
            [
                over_time(
                    share(CACHE, where=HIT, of=SERVICE, by=BY_CACHE),
                    CACHE_LEGEND,
                )
            ],
            unit="percentunit",
            links=[TO_CACHE],
            most=1,
            figure=figures.CACHE_HIT_RATIO,
            empty=NO_CACHE,
        ),
    ]


def _host() -> list[Panel]:
    return [
        series(
            21,
            "CPU use",
            "Which share of each host's CPU time was not idle.",
            [over_time(CPU_USE, "{{instance}}")],
            links=[TO_HOST],
            unit="percentunit",
            most=1,
            figure=figures.CPU,
            empty=NO_HOST,
            width=8,
        ),
        series(
            22,
            "Memory use",
            "Which share of each host's memory is not available.",
            [over_time(f"tachograph_memory_utilization_ratio{{{HOST}}}", "{{instance}}")],
            links=[TO_HOST],
            unit="percentunit",
            most=1,
            figure=figures.MEMORY,
            empty=NO_HOST,
            width=8,
        ),
        series(
            23,
            "Disk use",
            "How full each file system is.",
            [over_time(FILESYSTEM, "{{instance}} {{mountpoint}}")],
            links=[TO_HOST],
            unit="percentunit",
            most=1,
            figure=figures.DISK,
            empty=NO_HOST,
            width=8,
        ),
    ]


def _errors(histogram: str) -> str:
    return share(f"{histogram}_count", where=FAILED, of=SERVICE)


BOARD = Board(
    uid=links.OVERVIEW,
    title="Tachograph / Overview",
    description="Where an AI service's time, money and errors go: the key indicators against their targets.",
    variables=[variables.datasource(), variables.service(), variables.environment(), variables.instance()],
    rows=[
        Row(1, "Now, against the targets", [*indicators.of_services(), *indicators.of_hosts(), *_attention()]),
        Row(10, "Services", _courses()),
        Row(20, "Hosts", _host()),
        Row(30, "Endpoints", endpoints.panels(), collapsed=True),
    ],
)
