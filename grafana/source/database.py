"""Database calls: how long each statement on each table takes, what to do about it, and whether connections suffice."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links, pools, statements, variables, vectors
from .board import Board, Row
from .columns import Column, service
from .database_calls import BY_TABLE, CALLS, CHOSEN, OF_SYSTEM, TABLE_LEGEND
from .names import BY_QUERY, DATABASE, FAILED, NO_QUERY, QUERY_LEGEND
from .panels import bars, grid, heat, series, value
from .queries import SERVICE, buckets, over_time, per_second, quantile, rows, share

BY_STATEMENT = "service_name, db_system_name, db_operation_name, db_query_summary"


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "p95",
            "How long 95 of 100 calls took at most.",
            over_time(quantile(0.95, DATABASE, CHOSEN), "target < 50 ms"),
            unit="s",
            figure=figures.QUERY_SECONDS,
            width=6,
            empty=NO_QUERY,
        ),
        value(
            3,
            "Calls per second",
            "How many database calls ended in each second, failed ones included.",
            over_time(per_second(CALLS, CHOSEN), "calls"),
            unit="ops",
            decimals=1,
            width=6,
            empty=NO_QUERY,
        ),
        value(
            4,
            "Success",
            "The share of database calls that ended without an error.",
            over_time(f"1 - {share(CALLS, where=FAILED, of=CHOSEN)}", "target > 99 %"),
            unit="percentunit",
            decimals=2,
            figure=figures.SUCCESS_RATIO,
            width=6,
            empty=NO_QUERY,
        ),
        value(
            5,
            "Over 1 s",
            "The share of database calls that took more than a second.",
            over_time(
                f"1 - {per_second(f'{DATABASE}_bucket', _until('1(.0)?'))} / {per_second(CALLS, CHOSEN)}", "over 1 s"
            ),
            unit="percentunit",
            decimals=2,
            figure=figures.ERROR_RATIO,
            width=6,
            empty=NO_QUERY,
        ),
    ]


def _durations() -> list[Panel]:
    return [
        series(
            11,
            "p95 by operation",
            "How long 95 of 100 calls of each kind took at most; a point opens the trace that it was taken from.",
            [over_time(quantile(0.95, DATABASE, CHOSEN, by=BY_QUERY), QUERY_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.QUERY_SECONDS,
            empty=NO_QUERY,
        ),
        series(
            12,
            "p95 by table",
            "How long 95 of 100 calls on each table took at most; a point opens the trace that it was taken from.",
            [
                over_time(
                    quantile(0.95, DATABASE, CHOSEN, by=BY_TABLE),
                    TABLE_LEGEND,
                    exemplars=True,
                )
            ],
            unit="s",
            figure=figures.QUERY_SECONDS,
            empty=NO_QUERY,
            links=[_own("Only this table", table=links.of("db_collection_name"))],
        ),
        heat(
            13,
            "Durations",
            "How many calls took how long; a point opens the trace that it was taken from.",
            buckets(DATABASE, CHOSEN),
            unit="s",
            empty=NO_QUERY,
        ),
        series(
            14,
            "Calls per second by operation",
            "How often each kind of call was made, failed ones included.",
            [over_time(per_second(CALLS, CHOSEN, by=BY_QUERY), QUERY_LEGEND)],
            unit="ops",
            empty=NO_QUERY,
        ),
    ]


def _statements() -> list[Panel]:
    return [
        grid(
            15,
            "Statements",
            "Each statement's summary over the last interval, those that cost the most time first.",
            [
                rows(per_second(CALLS, CHOSEN, by=BY_STATEMENT)),
                rows(f"{per_second(f'{DATABASE}_sum', CHOSEN, by=BY_STATEMENT)} / {_calls()}"),
                rows(quantile(0.95, DATABASE, CHOSEN, by=BY_STATEMENT)),
                rows(share(CALLS, where=FAILED, of=CHOSEN, by=BY_STATEMENT)),
                rows(per_second(f"{DATABASE}_sum", CHOSEN, by=BY_STATEMENT)),
            ],
            columns=[
                service(),
                Column("db_system_name", "System"),
                Column("db_operation_name", "Operation"),
                Column("db_query_summary", "Statement", least_width=180),
                Column("Value #A", "Per second", "none", decimals=2),
                Column("Value #B", "Average", "s", figures.QUERY_SECONDS),
                Column("Value #C", "p95", "s", figures.QUERY_SECONDS),
                Column("Value #D", "Failed", "percentunit", figures.ERROR_RATIO, decimals=2),
                Column("Value #E", "Seconds spent per second", "none", decimals=3, bar=True, width=220),
            ],
            sort_by="Seconds spent per second",
            empty=NO_QUERY,
        )
    ]


def _faults() -> list[Panel]:
    return [
        series(
            21,
            "Failed share by operation",
            "The share of each kind of call that ended with an error.",
            [over_time(share(CALLS, where=FAILED, of=CHOSEN, by=BY_QUERY), QUERY_LEGEND)],
            unit="percentunit",
            figure=figures.ERROR_RATIO,
            empty=NO_QUERY,
        ),
        bars(
            22,
            "Errors by type",
            "How many calls failed over the chosen time, by SQLSTATE or the type of the error.",
            over_time(f"sum by (error_type) (increase({CALLS}{{{FAILED},{CHOSEN}}}[$__range]))", "{{error_type}}"),
            unit="short",
            figure=figures.NONE_WANTED,
            width=12,
            empty="No database call failed in this time",
        ),
    ]


def _rows() -> list[Panel]:
    outcome = "tachograph_db_transaction_outcome"
    return [
        series(
            31,
            "Rows returned p95 by operation",
            "How many rows 95 of 100 calls returned at most; a sudden rise is a condition or LIMIT that is missing.",
            [over_time(quantile(0.95, "db_client_response_returned_rows", CHOSEN, by=BY_QUERY), QUERY_LEGEND)],
            unit="short",
            empty="No call returned rows in this time",
        ),
        series(
            32,
            "Transactions p95 by outcome",
            "How long 95 of 100 transactions were open at most; long ones hold locks and keep rows from being cleaned.",
            [
                over_time(
                    quantile(
                        0.95,
                        "tachograph_db_transaction_duration_seconds",
                        OF_SYSTEM,
                        by=f"db_system_name, {outcome}",
                    ),
                    f"{{{{db_system_name}}}} {{{{{outcome}}}}}",
                    exemplars=True,
                )
            ],
            unit="s",
            empty="No transaction ended in this time",
        ),
    ]


def _calls() -> str:
    return per_second(CALLS, CHOSEN, by=BY_STATEMENT)


def _until(bound: str) -> str:
    return f'le=~"{bound}",{CHOSEN}'


def _own(title: str, **chosen: str) -> links.Link:
    return links.to_board(title, links.DATABASE, **chosen)


BOARD = Board(
    uid=links.DATABASE,
    title="Tachograph / Database",
    description="How long each statement on each table takes, what to do about it, and whether connections suffice.",
    variables=[
        variables.datasource(),
        variables.service(),
        variables.environment(),
        variables.label_values("system", "System", f"{CALLS}{{{SERVICE}}}", "db_system_name"),
        variables.label_values(
            "table", "Table", f'{CALLS}{{{SERVICE},db_system_name=~"$system"}}', "db_collection_name"
        ),
    ],
    rows=[
        Row(1, "Now, against the targets", _indicators()),
        Row(10, "Speed", [*_durations(), *_statements()]),
        Row(40, "Slow statements and recommendations", statements.panels()),
        Row(50, "Connection pools", pools.panels()),
        Row(20, "Errors", _faults()),
        Row(30, "Rows and transactions", _rows(), collapsed=True),
        Row(60, "Vector search", vectors.panels(), collapsed=True),
    ],
)
