"""Rules about objectives: how fast operations spend what their objectives allow them to fail or to be slow.

Several windows and several burn rates, after Google's SRE workbook, chapter 5: it pages when 2 % of a month's budget
went in an hour or 5 % in six, and warns when 10 % went in a day or three.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import panels
from .check import Check, Severity
from .objective import Objective
from .operations import BY, CALLS_HOUR, DURATION, ERRORS, ERRORS_HOUR
from .promql import ratio, text, total
from .rendering import annotations, fill, others
from .rule import Alert, Record, RuleFile
from .settings import Settings
from .unit import RATIO

CALLS = "service_operation:tachograph_operation:rate"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
# Burn rate, short window, long window: the short one ends the alert soon after the trouble.
BURNS: dict[Severity, tuple[tuple[float, str, str], ...]] = {
    "critical": ((14.4, "5m", "1h"), (6, "30m", "6h")),
    "warning": ((3, "2h", "1d"), (1, "6h", "3d")),
}
HOLD: dict[Severity, str] = {"critical": "2m", "warning": "15m"}
# Fewer bad calls than this in so long a time say nothing about a service.
BAD_CALLS = 3
ENOUGH: dict[Severity, tuple[str, int]] = {"critical": ("6h", 21600), "warning": ("1d", 86400)}


@dataclass(frozen=True, slots=True)
class Budget:
    """One kind of budget: the recorded share of bad calls it is spent by, and what its alert says."""

    series: str
    check: Check

    def share(self, window: str, matchers: str) -> str:
        """Return the share of bad calls in a window."""
        return f"service_operation:{self.series}:ratio_rate{window}{{{matchers}}}"


ERROR_BUDGET = Budget(
    "tachograph_operation_errors",
    Check(
        name="OperationErrorBudgetBurns",
        value="",
        unit=RATIO,
        summary="<tachograph_operation_name> of <service_name> fails more often than its objective allows",
        description="<value> of the calls of <tachograph_operation_name> in <service_name> failed lately;"
        " the objective allows <limit>.",
        panel=panels.OPERATION_BURN,
    ),
)
LATENCY_BUDGET = Budget(
    "tachograph_operation_slow",
    Check(
        name="OperationLatencyBudgetBurns",
        value="",
        unit=RATIO,
        summary="<tachograph_operation_name> of <service_name> is slow more often than its objective allows",
        description="<value> of the calls of <tachograph_operation_name> in <service_name> took longer than <seconds>"
        " lately; the objective allows <limit>.",
        panel=panels.OPERATION_LATENCY,
    ),
)
SLO_CHECKS = (ERROR_BUDGET.check, LATENCY_BUDGET.check)


def slo(settings: Settings) -> RuleFile:
    """Return the rules of the settings' objectives."""
    calls = (Record(f"{CALLS}{window}", _calls(window, settings)) for window, _ in ENOUGH.values())
    records = (*calls, *_error_records(settings), *_latency_records(settings))
    alerts = (
        _alert(budget, objective, severity, settings)
        for budget in (ERROR_BUDGET, LATENCY_BUDGET)
        if budget.check.name not in settings.disabled
        for objective in settings.objectives
        for severity in BURNS
    )
    return RuleFile("slo", (*records, *alerts), interval="1m")


def _calls(window: str, settings: Settings) -> str:
    return fill(total(f"{DURATION}_count", BY, "$application", window=window), settings)


def _error_records(settings: Settings) -> Iterator[Record]:
    for window in WINDOWS:
        name = ERROR_BUDGET.share(window, "").removesuffix("{}")
        if name not in (ERRORS, ERRORS_HOUR):  # those the operations' rules record
            failed = total(f"{DURATION}_count", BY, "$application", 'error_type!=""', window=window)
            whole = total(f"{DURATION}_count", BY, "$application", window=window)
            yield Record(name, fill(ratio(failed, whole), settings))


def _latency_records(settings: Settings) -> Iterator[Record]:
    for objective in settings.objectives:
        bound = re.escape(f"{objective.latency_seconds:g}").replace("\\", "\\\\")
        matchers = (_matchers(objective, settings), "$application")
        for window in WINDOWS:
            quick = total(f"{DURATION}_bucket", BY, *matchers, f'le=~"{bound}([.]0)?"', window=window)
            whole = total(f"{DURATION}_count", BY, *matchers, window=window)
            expression = f"1 - {quick}\n/ ({whole} > 0)" + _except(objective, settings)
            yield Record(LATENCY_BUDGET.share(window, "").removesuffix("{}"), fill(expression, settings))


def _alert(budget: Budget, objective: Objective, severity: Severity, settings: Settings) -> Alert:
    promised = objective.availability if budget is ERROR_BUDGET else objective.latency
    allowed = round(1 - promised, 10)
    matchers = _matchers(objective, settings)
    burning = "\nor\n".join(
        f"{budget.share(short, matchers)} > {rate:g} * {allowed:g}"
        f"\nand {budget.share(long, matchers)} > {rate:g} * {allowed:g}"
        for rate, short, long in BURNS[severity]
    )
    window, length = ENOUGH[severity]
    bad = f"{budget.share(window, matchers)} * on ({', '.join(BY)}) {CALLS}{window} * {length}"
    enough = f"and {bad} >= {BAD_CALLS}"
    seconds = f"{objective.latency_seconds:g}s"
    return Alert(
        name=budget.check.name,
        expression=fill(f"(\n{burning}\n)\n{enough}{_except(objective, settings)}", settings),
        hold=HOLD[severity],
        keep_firing="10m",
        labels={"severity": severity},
        annotations={
            name: words.replace("<seconds>", seconds)
            for name, words in annotations(budget.check, settings, RATIO.text(allowed)).items()
        },
    )


def _matchers(objective: Objective, settings: Settings) -> str:
    """Return the matchers of the calls an objective is about."""
    if objective.operation:
        return f"service_name={text(objective.service)},tachograph_operation_name={text(objective.operation)}"
    if objective.service:
        return f"service_name={text(objective.service)}"
    return others([one.service for one in settings.objectives if one.service and not one.operation])


def _except(objective: Objective, settings: Settings) -> str:
    """Return the lines that leave out operations with an objective of their own."""
    return "".join(
        f"\nunless on ({', '.join(BY)}) {CALLS_HOUR}{{{_matchers(one, settings)}}}"
        for one in settings.objectives
        if one.operation and not objective.operation and objective.service in ("", one.service)
    )
