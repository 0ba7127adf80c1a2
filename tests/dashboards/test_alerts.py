"""Alerts and boards agree: an alert leads to a panel that is there, and both have the same limits."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from tachograph_exporter.rules.subjects import CHECKS

from . import boards, promql
from .boards import Json
from .conftest import RULES

# Alerts whose limit is of something else than what their panel draws: of its course, its duration or its servers.
OF_ANOTHER_SCALE = {
    "HostCpuPeak",
    "HostFilesystemFillsUp",
    "HostNetworkSaturated",
    "HostClockSkewed",
    "ProcessGroupGone",
    "OperationMemorySlow",
    "OperationSuccessLow",
    "OperationLatencyBudgetBurns",
    "OperationErrorBudgetBurns",
    "LlmProviderDown",
    "DatabaseDown",
    "DatabaseStatementsSlow",
    "CacheHitRateFalls",
    "ProbeFails",
}
# No panel draws what is wrong: Prometheus' and Alertmanager's own faults, silence, failures one after the other, and
# the average, where the board has the p95.
OF_SERVERS = re.compile("Watchdog|TargetDown|Prometheus|Alertmanager")
NOT_DRAWN = {"ServiceSilent", "LlmProviderDown", "DatabaseDown", "OperationMemorySlow"}
# Gauges that are made from one another on the host.
SAME = {
    "tachograph_cgroup_memory_utilization_ratio": "tachograph_cgroup_memory_limit_bytes",
    "node_filesystem_avail_bytes": "tachograph_filesystem_utilization_ratio",
}


def test_panels_are_coloured_by_the_limits_of_the_alerts_that_lead_to_them() -> None:
    wrong = {}
    for check in CHECKS:
        limits = {limit.value for limit in (check.warning, check.critical) if limit}
        drawn = _limits(_panel(check.panel.dashboard, check.panel.id))
        known = check.name in OF_ANOTHER_SCALE or OF_SERVERS.match(check.name)
        if drawn and not known and not any(limits <= each for each in drawn):
            wrong[check.name] = (limits, drawn)
    assert wrong == {}


def test_an_alert_leads_to_a_panel_that_reads_what_it_watches() -> None:
    recorded = {rule["record"]: rule["expr"] for rule in rules("record")}

    def read(expression: str) -> set[str]:
        names = promql.metrics(boards.filled(expression))
        below = {name for each in names if each in recorded for name in read(recorded[each])}
        return {SAME.get(name, name) for name in names | below}

    astray = set()
    for alert in rules("alert"):
        led = urlsplit(_link(alert))
        number = int(dict(parse_qsl(led.query))["viewPanel"].removeprefix("panel-"))
        panel = _panel(led.path.removeprefix("/d/"), number)
        if not read(alert["expr"]) & {name for target in panel["targets"] for name in read(target["expr"])}:
            astray.add(alert["alert"])
    assert {each for each in astray - NOT_DRAWN if not OF_SERVERS.match(each)} == set()


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
        link = _link(alert)
        uid = urlsplit(link).path.removeprefix("/d/")
        query = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
        carried = {name.removeprefix("var-") for name in query if name.startswith("var-")}
        panel = query["viewPanel"].removeprefix("panel-")
        if panel not in panels.get(uid, ()) or not carried <= offered[uid]:
            wrong.append(link)
    assert wrong == []


def test_a_panel_that_a_runbook_names_is_there() -> None:
    titles = {panel["title"] for board in boards.boards() for panel in boards.panels(board)}
    wrong = []
    for page in sorted((boards.CHECKOUT / "docs" / "runbooks").glob("*.md")):
        for named in re.findall(r"\bpanels? (\*[^*]+\*(?:(?:,| and) \*[^*]+\*)*)", page.read_text()):
            wrong += [(page.stem, title) for title in re.findall(r"\*([^*]+)\*", named) if title not in titles]
    assert wrong == []


def _link(alert: dict[str, Any]) -> str:
    """Return where an alert leads, the values of its labels left out."""
    return re.sub(r"\{\{.*?\}\}", "", alert["annotations"]["dashboard_url"])


def _panel(board: str, number: int) -> Json:
    of = {each["uid"]: each for each in boards.boards()}[board]
    return next(panel for panel in boards.panels(of) if panel["id"] == number)


def _limits(panel: Json) -> list[set[float]]:
    """Return the limits that a panel, or a column of it, is coloured by."""
    config = panel["fieldConfig"]
    properties = [each for override in config["overrides"] for each in override["properties"]]
    coloured = [config["defaults"]["thresholds"], *(each["value"] for each in properties if each["id"] == "thresholds")]
    limits = [{step["value"] for step in each["steps"] if step["value"] is not None} for each in coloured]
    return [each for each in limits if each]


def _metrics(query: boards.Query) -> set[str]:
    return promql.metrics(boards.filled(query.expression))
