"""The overview: the key indicators against their targets, and what moves them."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, variables
from .board import Board, Row
from .names import (
    BY_CACHE,
    BY_MODEL,
    BY_OPERATION,
    BY_QUERY,
    CACHE,
    CACHE_LEGEND,
    COST,
    DATABASE,
    FAILED,
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
    QUERY_LEGEND,
)
from .panels import series, value
from .queries import HOST, SERVICE, now, over_time, per_second, quantile, share


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "Operations p95",
            "How long 95 of 100 operations took at most. Warning from 5 s, critical from 10 s.",
            over_time(quantile(0.95, OPERATION, SERVICE), "target < 3 s"),
            unit="s",
            figure=figures.OPERATION_SECONDS,
            empty=NO_OPERATION,
        ),
        value(
            3,
            "LLM calls p95",
            "How long 95 of 100 LLM calls took at most. Warning from 5 s, critical from 10 s.",
            over_time(quantile(0.95, LLM, SERVICE), "target < 3 s"),
            unit="s",
            figure=figures.LLM_SECONDS,
            empty=NO_LLM,
        ),
        value(
            4,
            "Success",
            "Which share of the operations ended without an error. Critical below 95 %.",
            over_time(f"1 - {_errors(OPERATION)}", "target > 99 %"),
            unit="percentunit",
            decimals=2,
            figure=figures.SUCCESS_RATIO,
            empty=NO_OPERATION,
        ),
        value(
            5,
            "Cache hits",
            "Which share of the cache requests were hits. Warning below 80 %, critical below 70 %.",
            over_time(share(CACHE, where=HIT, of=SERVICE), "target > 90 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.CACHE_HIT_RATIO,
            empty=NO_CACHE,
        ),
        value(
            6,
            "Memory",
            "The fullest host's memory in use. Warning from 80 %, critical from 90 %.",
            over_time(f"max(tachograph_memory_utilization_ratio{{{HOST}}})", "target < 60 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.MEMORY,
            empty=NO_HOST,
        ),
        value(
            7,
            "LLM cost today",
            "What the LLM calls since midnight cost, by the price list; calls without a known price are not in it.",
            now(f"sum(increase({COST}{{{SERVICE}}}[$__range]))", "USD"),
            unit="currencyUSD",
            decimals=2,
            since="now/d",
            empty="No priced LLM call today",
        ),
    ]


def _courses() -> list[Panel]:
    return [
        series(
            11,
            "Operation latency p95",
            "How long 95 of 100 runs of each operation took at most; a point opens the trace it came from.",
            [over_time(quantile(0.95, OPERATION, SERVICE, by=BY_OPERATION), OPERATION_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.OPERATION_SECONDS,
            empty=NO_OPERATION,
        ),
        series(
            12,
            "Operations per second",
            "How often each operation ran, failed ones included.",
            [over_time(per_second(f"{OPERATION}_count", SERVICE, by=BY_OPERATION), OPERATION_LEGEND)],
            unit="ops",
            empty=NO_OPERATION,
        ),
        series(
            13,
            "LLM latency p95 by model",
            "How long 95 of 100 calls of each model took at most; a point opens the trace it came from.",
            [over_time(quantile(0.95, LLM, SERVICE, by=BY_MODEL), MODEL_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.LLM_SECONDS,
            empty=NO_LLM,
        ),
        series(
            14,
            "Failed share of operations and LLM calls",
            "Which share ended with an error. Warning from 1 %, critical from 5 %.",
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
            "How long 95 of 100 database calls took at most. Warning from 100 ms, critical from 500 ms.",
            [over_time(quantile(0.95, DATABASE, SERVICE, by=BY_QUERY), QUERY_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.QUERY_SECONDS,
            empty=NO_QUERY,
        ),
        series(
            16,
            "Cache hit rate by cache",
            "Which share of each cache's requests were hits. Warning below 80 %, critical below 70 %.",
            [
                over_time(
                    share(CACHE, where=HIT, of=SERVICE, by=BY_CACHE),
                    CACHE_LEGEND,
                )
            ],
            unit="percentunit",
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
            "Which share of each host's CPU time was not idle. Warning from 70 %, critical from 90 %.",
            [
                over_time(
                    f'1 - avg by (instance) (rate(node_cpu_seconds_total{{mode="idle",{HOST}}}[$__rate_interval]))',
                    "{{instance}}",
                )
            ],
            unit="percentunit",
            most=1,
            figure=figures.CPU,
            empty=NO_HOST,
            width=8,
        ),
        series(
            22,
            "Memory use",
            "Which share of each host's memory is not available. Warning from 80 %, critical from 90 %.",
            [over_time(f"tachograph_memory_utilization_ratio{{{HOST}}}", "{{instance}}")],
            unit="percentunit",
            most=1,
            figure=figures.MEMORY,
            empty=NO_HOST,
            width=8,
        ),
        series(
            23,
            "Disk use",
            "How full each file system is. Warning from 80 %, critical from 90 %.",
            [over_time(f"tachograph_filesystem_utilization_ratio{{{HOST}}}", "{{instance}} {{mountpoint}}")],
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
    uid="tachograph-overview",
    title="Tachograph / Overview",
    description="Where an AI service's time, money and errors go: the key indicators against their targets.",
    variables=[variables.datasource(), variables.service(), variables.environment(), variables.instance()],
    rows=[
        Row(1, "Now, against the targets", _indicators()),
        Row(10, "Services", _courses()),
        Row(20, "Hosts", _host()),
    ],
)
