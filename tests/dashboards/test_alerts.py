"""Alerts and boards agree: an alert leads to a panel that is there, and both have the same limits."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from grafana.source import figures
from tachograph_exporter.rules.subjects import CHECKS

from . import boards, promql
from .conftest import RULES

FIGURES = {
    "HostCpuHigh": figures.CPU,
    "HostMemoryHigh": figures.MEMORY,
    "HostMemoryStalled": figures.STALLED,
    "HostFilesystemFull": figures.DISK,
    "HostClockDrifting": figures.CLOCK_SECONDS,
    "HostConnectionTrackingFull": figures.LIMIT,
    "OperationSlow": figures.OPERATION_SECONDS,
    "OperationErrorsHigh": figures.ERROR_RATIO,
    "ServiceEventLoopBlocked": figures.LAG_SECONDS,
    "LlmSlow": figures.LLM_SECONDS,
    "LlmErrorsHigh": figures.ERROR_RATIO,
    "LlmBudgetSpent": figures.BUDGET,
    "DatabaseQueriesSlow": figures.QUERY_SECONDS,
    "DatabaseErrorsHigh": figures.ERROR_RATIO,
    "DatabasePoolExhausted": figures.POOL,
    "CacheHitRateLow": figures.CACHE_HIT_RATIO,
    "ProbeSlow": figures.OPERATION_SECONDS,
    "ProbeLosesAttempts": figures.PROBE_LOSS,
    "ExporterScrapeSlow": figures.SCRAPE_SECONDS,
}


def test_panels_are_coloured_by_the_limits_of_the_alerts() -> None:
    limits = {
        check.name: (check.warning.value, check.critical.value)
        for check in CHECKS
        if check.name in FIGURES and check.warning and check.critical
    }
    assert {name: (figure.warning, figure.critical) for name, figure in FIGURES.items()} == limits


def rules(kind: str) -> Iterator[dict[str, Any]]:
    """Yield our rules of a kind: `alert` or `record`."""
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if kind in rule)


def test_recorded_series_that_a_board_reads_are_recorded() -> None:
    read = {name for board in boards.boards() for query in boards.queries(board) for name in _metrics(query)}
    assert {name for name in read if ":" in name} - {rule["record"] for rule in rules("record")} == set()


def test_every_alert_leads_to_a_panel_that_is_there_and_to_variables_that_its_board_has() -> None:
    panels = {board["uid"]: {str(panel["id"]) for panel in boards.panels(board)} for board in boards.boards()}
    offered = {board["uid"]: set(boards.variables(board)) for board in boards.boards()}
    wrong = []
    for alert in rules("alert"):
        link = re.sub(r"\{\{.*?\}\}", "", alert["annotations"]["dashboard_url"])
        uid = urlsplit(link).path.removeprefix("/d/")
        query = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
        carried = {name.removeprefix("var-") for name in query if name.startswith("var-")}
        panel = query["viewPanel"].removeprefix("panel-")
        if panel not in panels.get(uid, ()) or not carried <= offered[uid]:
            wrong.append(link)
    assert wrong == []


def _metrics(query: boards.Query) -> set[str]:
    return promql.metrics(boards.filled(query.expression))
