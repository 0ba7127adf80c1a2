"""Operations: rate, errors and duration of each, its promise and the budget left, and where its time goes."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links, time_spent, variables
from .board import Board, Row
from .columns import Column, service
from .names import BY_OPERATION, FAILED, NO_OPERATION, OPERATION, OPERATION_LEGEND, OPERATION_P95
from .panels import graph, grid, heat, series, traces, value
from .queries import SERVICE, buckets, now, over_time, per_second, quantile, rows, search, service_graph, share, top

CHOSEN = f'{SERVICE},tachograph_operation_name=~"$operation"'
OBJECTIVE = 0.999


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "Operations",
            "How many operations ended in each second, failed ones included.",
            over_time(per_second(f"{OPERATION}_count", CHOSEN), "1000/s under load"),
            unit="ops",
            decimals=1,
            empty=NO_OPERATION,
        ),
        value(
            3,
            "Success",
            "The share of operations that ended without an error.",
            over_time(f"1 - {share(f'{OPERATION}_count', where=FAILED, of=CHOSEN)}", "target > 99 %"),
            unit="percentunit",
            decimals=2,
            figure=figures.SUCCESS_RATIO,
            empty=NO_OPERATION,
        ),
        value(
            4,
            "p95",
            "How long 95 of 100 operations took at most.",
            over_time(quantile(0.95, OPERATION, CHOSEN), "target < 3 s"),
            unit="s",
            figure=figures.OPERATION_SECONDS,
            empty=NO_OPERATION,
        ),
    ]


def _budget() -> list[Panel]:
    failed = share(f"{OPERATION}_count", where=FAILED, of=CHOSEN, window="$__range")
    return [
        value(
            5,
            "In flight",
            "How many operations are running at this moment.",
            over_time(f"sum(tachograph_operation_active{{{CHOSEN}}})", "running"),
            unit="none",
            decimals=0,
            empty=NO_OPERATION,
        ),
        value(
            6,
            "Error budget left",
            "What is left of the failures that 99.9 % success allows, over the chosen time; below 0 it is overdrawn.",
            now(f"1 - ({failed}) / {1 - OBJECTIVE:.4g}", "objective 99.9 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.ERROR_BUDGET,
            empty=NO_OPERATION,
        ),
        value(
            7,
            "Timeouts",
            "The share of operations that ended in a timeout.",
            over_time(share(f"{OPERATION}_count", where='error_type=~".*[Tt]imeout.*"', of=CHOSEN), "timeouts"),
            unit="percentunit",
            decimals=2,
            figure=figures.ERROR_RATIO,
            empty=NO_OPERATION,
        ),
    ]


def _rates() -> list[Panel]:
    return [
        series(
            11,
            "Operations per second",
            "How often each operation ended, failed ones included.",
            [over_time(top(per_second(f"{OPERATION}_count", CHOSEN, by=BY_OPERATION)), OPERATION_LEGEND)],
            unit="ops",
            empty=NO_OPERATION,
            width=8,
        ),
        series(
            12,
            "Failed share by operation",
            "The share of each operation's runs that ended with an error.",
            [over_time(top(share(f"{OPERATION}_count", where=FAILED, of=CHOSEN, by=BY_OPERATION)), OPERATION_LEGEND)],
            unit="percentunit",
            figure=figures.ERROR_RATIO,
            empty=NO_OPERATION,
            width=8,
        ),
        series(
            13,
            "Errors by type",
            "How many operations failed in each second, by the type of the error.",
            [over_time(per_second(f"{OPERATION}_count", f"{FAILED},{CHOSEN}", by="error_type"), "{{error_type}}")],
            unit="ops",
            empty="No operation failed in this time",
            width=8,
        ),
    ]


def _durations() -> list[Panel]:
    return [
        series(
            14,
            "p95 by operation",
            "How long 95 of 100 runs of the slowest operations took at most; a point opens its trace.",
            [
                over_time(top(f"{OPERATION_P95}{{{CHOSEN}}}"), OPERATION_LEGEND),
                over_time(quantile(0.95, OPERATION, CHOSEN), "all together", exemplars=True),
            ],
            unit="s",
            figure=figures.OPERATION_SECONDS,
            empty=NO_OPERATION,
            links=_calls_of(service=links.of("service_name")),
        ),
        heat(
            15,
            "Durations",
            "How many operations took how long; a point opens the trace that it was taken from.",
            buckets(OPERATION, CHOSEN),
            unit="s",
            empty=NO_OPERATION,
        ),
    ]


def _each() -> list[Panel]:
    count = f"{OPERATION}_count"
    spent = per_second(f"{OPERATION}_sum", CHOSEN, by=BY_OPERATION)
    return [
        grid(
            16,
            "Operations",
            "Each operation over the last interval; a service leads to its LLM calls, database calls and caches, "
            "an operation to its own lines.",
            [
                rows(per_second(count, CHOSEN, by=BY_OPERATION)),
                rows(share(count, where=FAILED, of=CHOSEN, by=BY_OPERATION)),
                rows(quantile(0.5, OPERATION, CHOSEN, by=BY_OPERATION)),
                rows(quantile(0.95, OPERATION, CHOSEN, by=BY_OPERATION)),
                rows(quantile(0.99, OPERATION, CHOSEN, by=BY_OPERATION)),
                rows(spent),
            ],
            columns=[
                service(title="Only this service", more=_calls_of(service=links.cell("Service"))),
                Column(
                    "tachograph_operation_name",
                    "Operation",
                    links=[links.to_board("Only this operation", links.OPERATIONS, operation=links.cell("Operation"))],
                ),
                Column("Value #A", "Per second", "ops", decimals=2),
                Column("Value #B", "Failed", "percentunit", figures.ERROR_RATIO, decimals=2),
                Column("Value #C", "p50", "s", figures.OPERATION_SECONDS),
                Column("Value #D", "p95", "s", figures.OPERATION_SECONDS),
                Column("Value #E", "p99", "s", figures.OPERATION_SECONDS),
                Column("Value #F", "Seconds spent per second", "none", decimals=2, bar=True, width=220),
            ],
            sort_by="Seconds spent per second",
            empty=NO_OPERATION,
        )
    ]


def _calls_of(*, service: str) -> list[links.Link]:
    boards = {"Its LLM calls": links.LLM, "Its database calls": links.DATABASE, "Its caches": links.CACHE}
    return [links.to_board(title, uid, service=service) for title, uid in boards.items()]


def _promise() -> list[Panel]:
    failed = share(f"{OPERATION}_count", where=FAILED, of=CHOSEN, by="service_name")
    return [
        series(
            21,
            "Burn rate of the error budget",
            "How many times faster than allowed the failures use up the budget of 99.9 % success. At 1 it lasts "
            "as long as its period; at 14.4 a month's budget is gone in two days.",
            [
                over_time(f"({failed}) / {1 - OBJECTIVE:.4g}", "{{service_name}}"),
            ],
            unit="none",
            figure=figures.BURN_RATE,
            empty=NO_OPERATION,
        ),
        series(
            22,
            "In flight by operation",
            "How many runs of each operation were under way.",
            [over_time(top(f"sum by ({BY_OPERATION}) (tachograph_operation_active{{{CHOSEN}}})"), OPERATION_LEGEND)],
            unit="none",
            empty=NO_OPERATION,
        ),
    ]


def _traces() -> list[Panel]:
    return [
        traces(
            41,
            "Slow traces",
            "Traces of the chosen services with an operation of more than 1 s, the newest first.",
            search('{resource.service.name =~ "$service" && duration > 1s}'),
            width=12,
        ),
        traces(
            42,
            "Failed traces",
            "Traces of the chosen services in which something failed, the newest first.",
            search('{resource.service.name =~ "$service" && status = error}'),
            width=12,
        ),
        graph(
            43,
            "Who calls whom",
            "The services, and the models' providers, databases and hosts that they call, as their spans tell.",
            service_graph('{client=~"$service"}'),
        ),
    ]


BOARD = Board(
    uid=links.OPERATIONS,
    title="Tachograph / Operations",
    description="Each operation's rate, errors and duration, the promise that it keeps, and where its time goes.",
    variables=[
        variables.datasource(),
        variables.traces(),
        variables.service(),
        variables.environment(),
        variables.label_values(
            "operation", "Operation", f"{OPERATION}_count{{{SERVICE}}}", "tachograph_operation_name"
        ),
    ],
    rows=[
        Row(1, "Now, against the targets", [*_indicators(), *_budget()]),
        Row(10, "Rate, errors, duration", [*_rates(), *_durations(), *_each()]),
        Row(20, "Promise and load", _promise()),
        Row(30, "Where the time goes", time_spent.panels()),
        Row(40, "Traces", _traces(), collapsed=True),
    ],
)
