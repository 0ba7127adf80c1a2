"""What a user may write in [alerts], what becomes of it, and what is refused."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tachograph_exporter.rules.document import document
from tachograph_exporter.rules.settings import SettingsError, parse
from tachograph_exporter.rules.subjects import CHECKS, rule_files

OWN = """
[alerts]
grafana_url = "https://grafana.example.org/"
runbooks_url = "https://wiki.example.org/runbooks"
hosts = 'job="hosts"'
application = 'deployment_environment_name="production"'

[alerts.limits.OperationSlow]
warning = 2
critical = 4
for = "10m"

[alerts.limits.ProcessGroupGone]
action = "restart"

[alerts.limits.HostClockSkewed]
enabled = false

[alerts.services.checkout.OperationSlow]
critical = 3.5
critical_for = "1m"

[[alerts.objectives]]
availability = 0.99

[[alerts.objectives]]
service = "checkout"
operation = "pay"
availability = 0.9995
latency_seconds = 0.5
"""


def _rules(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return each file's rules as Prometheus would read them."""
    settings = parse(tomllib.loads(text)["alerts"], CHECKS)
    documents = {file.subject: yaml.safe_load(document(file)) for file in rule_files(settings)}
    return {subject: read["groups"][0]["rules"] for subject, read in documents.items()}


def test_limits_of_ones_own_apply_and_a_service_may_differ() -> None:
    alerts = [rule for rule in _rules(OWN)["operations"] if rule.get("alert") == "OperationSlow"]
    assert [(rule["expr"].splitlines()[0].partition("p95_rate5m")[2], rule["for"]) for rule in alerts] == [
        ('{service_name!~"checkout"} > 2', "10m"),
        ('{service_name!~"checkout"} > 4', "10m"),
        ('{service_name="checkout"} > 2', "10m"),
        ('{service_name="checkout"} > 3.5', "1m"),
    ]


def test_descriptions_name_the_limit_that_applies() -> None:
    alerts = [rule for rule in _rules(OWN)["operations"] if rule.get("alert") == "OperationSlow"]
    assert [rule["annotations"]["description"].rpartition("the limit is ")[2] for rule in alerts] == [
        "2s.",
        "4s.",
        "2s.",
        "3.5s.",
    ]


def test_an_alert_can_be_switched_off() -> None:
    names = {rule.get("alert") for rules in _rules(OWN).values() for rule in rules}
    everything = {rule.get("alert") for rules in _rules("[alerts]").values() for rule in rules}
    assert everything - names == {"HostClockSkewed"}


def test_an_alert_may_name_the_action_that_a_webhook_runs() -> None:
    actions = {
        rule["alert"]: rule["annotations"]["action"]
        for rules in _rules(OWN).values()
        for rule in rules
        if "action" in rule.get("annotations", {})
    }
    assert actions == {"ProcessGroupGone": "restart"}


def test_links_and_selectors_of_ones_own_are_everywhere() -> None:
    text = str(_rules(OWN))
    assert [part in text for part in ("127.0.0.1", 'job="node"', "https://grafana.example.org/d/")] == [
        False,
        False,
        True,
    ]


def test_an_operation_with_an_objective_of_its_own_is_left_out_of_the_rest() -> None:
    alerts = [rule for rule in _rules(OWN)["slo"] if rule.get("alert") == "OperationErrorBudgetBurns"]
    rest, own = alerts[0]["expr"], alerts[2]["expr"]
    pay = '{service_name="checkout",tachograph_operation_name="pay"}'
    assert (rest.endswith(pay), "14.4 * 0.01" in rest, "14.4 * 0.0005" in own, own.count(pay)) == (True, True, True, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unknown = 1", "alerts.unknown: unknown; it is one of"),
        ("grafana_url = 3", "alerts.grafana_url: 3 is not a text"),
        ('grafana_url = "grafana"', "alerts.grafana_url: 'grafana' is not an http(s) address"),
        ("hosts = 'job=node'", "alerts.hosts: 'job=node' is not label matchers such as"),
        ("limits = 3", "alerts.limits: 3 is not a table"),
        ("limits.HostCpu = {}", "alerts.limits.HostCpu: unknown; it is one of"),
        ("limits.HostCpuHigh = 3", "alerts.limits.HostCpuHigh: 3 is not a table"),
        ("limits.HostCpuHigh.alarm = 3", "alerts.limits.HostCpuHigh.alarm: unknown; it is one of"),
        ('limits.HostCpuHigh.warning = "3"', "alerts.limits.HostCpuHigh.warning: '3' is not a number"),
        ("limits.HostCpuHigh.warning = 75", "alerts.limits.HostCpuHigh.warning: 75 is not between 0 and 1"),
        ("limits.HostCpuHigh.warning = nan", "alerts.limits.HostCpuHigh.warning: nan is not between 0 and 1"),
        ("limits.HostCpuHigh.warning = 0.95", "alerts.limits.HostCpuHigh.critical: 0.9 is milder than the warning's"),
        ("limits.CacheHitRateLow.warning = 0.6", "alerts.limits.CacheHitRateLow.critical: 0.7 is milder than"),
        ("limits.HostCpuHigh.for = 5", "alerts.limits.HostCpuHigh.for: 5 is not a duration such as 10m"),
        ('limits.HostCpuHigh.for = "soon"', "alerts.limits.HostCpuHigh.for: 'soon' is not a duration"),
        ("limits.HostCpuHigh.enabled = 1", "alerts.limits.HostCpuHigh.enabled: 1 is not true or false"),
        (
            'limits.OperationErrorBudgetBurns.for = "1m"',
            "alerts.limits.OperationErrorBudgetBurns.for: unknown; it is one",
        ),
        ("limits.HostCpuHigh.action = 1", "alerts.limits.HostCpuHigh.action: 1 is not a text"),
        ("services.shop.HostCpuHigh.warning = 0.5", "alerts.services.shop.HostCpuHigh: this alert is not about serv"),
        ("services.shop.OperationSlow.enabled = false", "alerts.services.shop.OperationSlow.enabled: switch it off in"),
        ("objectives = 3", "alerts.objectives: write each as [[alerts.objectives]]"),
        ("objectives = [{goal = 1}]", "alerts.objectives[0].goal: unknown; it is one of"),
        ("objectives = [{availability = 99.9}]", "alerts.objectives[0].availability: 99.9 is not a share between"),
        ("objectives = [{latency_seconds = 4}]", "alerts.objectives[0].latency_seconds: 4 is not a bound of the"),
        ('objectives = [{availability = "1"}]', "alerts.objectives[0].availability: '1' is not a number"),
        ("objectives = [{service = 1}]", "alerts.objectives[0].service: 1 is not a text"),
        ('objectives = [{operation = "pay"}]', "alerts.objectives[0].operation: name the service it belongs to"),
    ],
)
def test_a_bad_value_is_refused_with_its_key(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(tomllib.loads(text), CHECKS)
    assert str(refused.value).startswith(message)


def test_the_command_writes_the_rules_that_a_configuration_makes(tmp_path: Path) -> None:
    (tmp_path / "tachograph.toml").write_text(OWN)
    outcome = _tachograph("rules", "export", str(tmp_path / "rules"), "--config", str(tmp_path / "tachograph.toml"))
    written = {path.name: path.read_text() for path in (tmp_path / "rules").iterdir()}
    settings = parse(tomllib.loads(OWN)["alerts"], CHECKS)
    assert (outcome.returncode, written) == (0, {file.name: document(file) for file in rule_files(settings)})


@pytest.mark.parametrize("words", [("rules", "export", "rules", "--config"), ("check",)])
def test_a_bad_configuration_is_one_line_with_the_file_and_the_key(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text("[alerts.limits.HostCpuHigh]\nwarning = 75\n")
    outcome = _tachograph(*words, str(file), folder=tmp_path)
    line = f"{file}: alerts.limits.HostCpuHigh.warning: 75 is not between 0 and 1\n"
    assert (outcome.returncode, outcome.stderr.endswith(line), outcome.stderr.count("\n")) == (1, True, 1)


def _tachograph(*words: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "tachograph_exporter", *words]
    return subprocess.run(argv, check=False, capture_output=True, text=True, cwd=folder)
