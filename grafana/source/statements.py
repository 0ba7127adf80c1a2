"""Statements: the slow ones with what they cost, and what can be said against any of them."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links
from .columns import Column, service
from .database_calls import OF_SYSTEM as CHOSEN
from .panels import grid, series
from .queries import RATE, over_time, rows

STATEMENT = "service_name, db_system_name, db_query_summary, tachograph_db_statement_fingerprint"
DURATION = "tachograph_db_statement_duration_seconds"
SLOW = "tachograph_db_statement_slow_total"
FINDINGS = "tachograph_db_statement_findings_total"
FOUND = f"{STATEMENT}, tachograph_db_statement_finding, tachograph_operation_name"
# One text of a statement: those of one fingerprint may differ in their blanks.
INFO = f"topk by ({STATEMENT}) (1, last_over_time(tachograph_db_statement_info{{{CHOSEN}}}[$__range]))"
TEXTS = f"max by ({STATEMENT}, db_query_text) ({INFO})"
NO_SLOW = "No statement was slow: longer than TACHOGRAPH_DB_SLOW_SECONDS, 1 s by default"
NO_FINDING = "No fault was found with any statement"
ADVICE = {
    "n_plus_one": "N+1: ask once, with a JOIN or IN (...)",
    "select_star": "SELECT *: name the columns that are needed",
    "order_by_without_limit": "ORDER BY without LIMIT: say how many rows",
    "select_without_where": "SELECT without WHERE: say which rows",
    "leading_wildcard": "LIKE '%...': no index helps; use a text index",
    "long_transaction": "Long transaction: do the slow work outside",
}


def panels() -> list[Panel]:
    """Return the slow statements, then what was found, then how often both happened."""
    return [_slow(), _found(), *_often()]


def _slow() -> Panel:
    count, total = _increase(f"{DURATION}_count", STATEMENT), _increase(f"{DURATION}_sum", STATEMENT)
    buckets = f"sum by (le, {STATEMENT}) (rate({DURATION}_bucket{{{CHOSEN}}}[$__range]))"
    return grid(
        41,
        "Slow statements",
        "The statements that took longer than the threshold at least once, those that cost the most time first. "
        "Average and p95 are of all calls since the first slow one.",
        [
            rows(f"{_times(SLOW, STATEMENT)} * on ({STATEMENT}) group_left (db_query_text) {TEXTS}"),
            rows(f"{total} / ({count} > 0)"),
            rows(f"histogram_quantile(0.95, {buckets}) >= 0"),
            rows(f"{_increase('tachograph_db_statement_rows_total', STATEMENT)} / ({count} > 0)"),
            rows(total),
        ],
        columns=[
            service(width=110),
            Column("db_system_name", "System", width=100),
            Column("db_query_text", "Statement", least_width=300),
            Column("Value #A", "Times slow", "short", decimals=0, width=100),
            Column("Value #B", "Average", "s", figures.QUERY_SECONDS, width=90),
            Column("Value #C", "p95", "s", figures.QUERY_SECONDS, width=90),
            Column("Value #D", "Rows per call", "short", decimals=1, width=110),
            Column("Value #E", "Time spent", "s", bar=True, width=200),
        ],
        sort_by="Time spent",
        empty=NO_SLOW,
    )


def _found() -> Panel:
    seen = _times(FINDINGS, FOUND)
    return grid(
        42,
        "Recommendations",
        "What was found fault with over the chosen time, and what to do about it.",
        [rows(f"{seen} * on ({STATEMENT}) group_left (db_query_text) {TEXTS} or on ({FOUND}) {seen}")],
        columns=[
            service(width=110),
            Column("db_query_text", "Statement", least_width=300),
            Column("tachograph_db_statement_finding", "Finding and cure", words=ADVICE, width=340),
            Column(
                "tachograph_operation_name",
                "In operation",
                links=[
                    links.to_board(
                        "This operation",
                        links.OPERATIONS,
                        service=links.cell("Service"),
                        operation=links.cell("In operation"),
                    )
                ],
                width=160,
            ),
            Column("Value", "Times", "short", decimals=0, bar=True, width=160),
        ],
        sort_by="Times",
        empty=NO_FINDING,
    )


def _often() -> list[Panel]:
    repeated = f'tachograph_db_statement_finding="n_plus_one",{CHOSEN}'
    by = "service_name, tachograph_operation_name, db_query_summary"
    return [
        series(
            43,
            "Slow statements per minute",
            "How often statements took longer than the threshold.",
            [
                over_time(
                    f"60 * sum by (service_name, db_query_summary) (rate({SLOW}{{{CHOSEN}}}[{RATE}]))",
                    "{{service_name}} {{db_query_summary}}",
                )
            ],
            unit="opm",
            empty=NO_SLOW,
        ),
        series(
            44,
            "N+1 per minute by operation",
            "How often an operation ran one statement again and again, once for each row of another.",
            [
                over_time(
                    f"60 * sum by ({by}) (rate({FINDINGS}{{{repeated}}}[{RATE}]))",
                    "{{tachograph_operation_name}}: {{db_query_summary}} ({{service_name}})",
                )
            ],
            unit="opm",
            links=[
                links.to_board(
                    "This operation",
                    links.OPERATIONS,
                    service=links.of("service_name"),
                    operation=links.of("tachograph_operation_name"),
                )
            ],
            empty="No operation ran one statement again and again",
        ),
    ]


def _increase(counter: str, by: str) -> str:
    return f"sum by ({by}) (increase({counter}{{{CHOSEN}}}[$__range]))"


def _times(counter: str, by: str) -> str:
    """Return how often something rare happened; increase() alone does not see what a counter was born with."""
    chosen = f"{counter}{{{CHOSEN}}}"
    born = f"max_over_time({chosen}[$__range]) unless {chosen} offset $__range"
    return f"sum by ({by}) ({born} or increase({chosen}[$__range]))"
