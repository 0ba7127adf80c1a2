"""Every alert leads to a runbook and a panel that exist, and nothing that exists leads nowhere."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tachograph_exporter.rules.rule import Alert
from tachograph_exporter.rules.settings import Settings
from tachograph_exporter.rules.subjects import CHECKS, rule_files
from tests.fixtures import service

CHECKOUT = Path(__file__).parents[2]
RUNBOOKS = CHECKOUT / "docs" / "runbooks"
ALERTS = [rule for file in rule_files(Settings()) for rule in file.rules if isinstance(rule, Alert)]
BOARDS = {
    board["uid"]: board
    for board in (json.loads(path.read_text()) for path in (CHECKOUT / "grafana" / "dashboards").glob("*.json"))
}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"} == {alert.name for alert in ALERTS}


def test_every_runbook_says_what_it_means_how_to_look_what_to_do_and_how_to_silence() -> None:
    headings = {path.stem: re.findall(r"^#+ .*", path.read_text(), re.MULTILINE) for path in RUNBOOKS.glob("*.md")}
    headings.pop("README")
    assert headings == {
        name: [f"# {name}", "## How to look", "## What to do", "## How to silence"] for name in headings
    }


def test_every_runbook_names_the_limits_that_apply() -> None:
    for check in CHECKS:
        text = (RUNBOOKS / f"{check.name}.md").read_text().partition("\nLimits: ")[2].partition("\n")[0]
        alerts = [alert for alert in ALERTS if alert.name == check.name]
        told = []
        for alert in alerts:
            limit = {"info": check.info, "warning": check.warning, "critical": check.critical}[alert.labels["severity"]]
            side = "above" if check.comparison == ">" else "below"
            what = f"{side} {check.unit.text(limit.value)}" if limit else "by burn rate"
            told.append(f"{alert.labels['severity']} {what} for {alert.hold}")
        assert text == "; ".join(told) + "."


def test_every_runbook_that_a_runbook_names_exists() -> None:
    names = {path.stem for path in RUNBOOKS.glob("*.md")}
    subject = (
        r"\b(?:Host|Process|Container|Operation|Service|Llm|Database|Cache|Probe|Exporter|Prometheus|Alertmanager)"
    )
    words = {
        word for path in RUNBOOKS.glob("*.md") for word in re.findall(rf"{subject}(?:[A-Z][a-z]+)+\b", path.read_text())
    }
    assert words - names == set()


def _panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", ())


def test_every_alert_leads_to_a_panel_that_exists_and_sets_variables_that_exist() -> None:
    wrong = []
    for alert in ALERTS:
        match = re.fullmatch(
            r"http://127\.0\.0\.1:3000/d/([\w-]+)\?viewPanel=panel-(\d+)(.*)", alert.annotations["dashboard_url"]
        )
        assert match, alert
        board = BOARDS.get(match[1], {"panels": [], "templating": {"list": []}})
        panels = {panel["id"] for panel in _panels(board) if panel["type"] != "row"}
        variables = {variable["name"] for variable in board["templating"]["list"]}
        if int(match[2]) not in panels or not set(re.findall(r"&var-(\w+)=", match[3])) <= variables:
            wrong.append((alert.name, alert.annotations["dashboard_url"]))
    assert wrong == []


def test_every_board_is_where_some_alert_leads() -> None:
    """The other direction: a board that no alert leads to shows nothing that anybody is told about."""
    led_to = {re.findall(r"/d/([\w-]+)\?", alert.annotations["dashboard_url"])[0] for alert in ALERTS}
    assert set(BOARDS) - led_to <= {"tachograph-overview"}  # which is where people begin, not where alerts lead


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[service.Exporter]:
    with service.exporter(tmp_path_factory.mktemp("exporter")) as running:
        yield running


def test_the_exporter_serves_every_runbook_where_the_alerts_say(exporter: service.Exporter) -> None:
    default = "http://127.0.0.1:9100"
    for url in {alert.annotations["runbook_url"] for alert in ALERTS}:
        with urllib.request.urlopen(url.replace(default, f"http://{exporter.target}")) as page:
            assert page.read().decode().startswith(f"# {url.rpartition('/')[2]}\n")
