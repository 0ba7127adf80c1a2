"""Every metric and label that a rule uses is emitted: by the exporter with applications, Prometheus, Alertmanager."""

import json
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tachograph_exporter.rules.rule import Record
from tachograph_exporter.rules.settings import Settings
from tachograph_exporter.rules.subjects import rule_files
from tests.dashboards import promql
from tests.fixtures import alertmanager, pairs, prometheus, service
from tests.fixtures.pairs import Pair
from tests.fixtures.postgres import Postgres
from tests.fixtures.process import CHECKOUT, running, wait_until
from tests.fixtures.slack import listening

RULES = [rule for file in rule_files(Settings()) for rule in file.rules]
RECORDED = {rule.name for rule in RULES if isinstance(rule, Record)}
# Prometheus itself puts these on what it scrapes.
OF_TARGETS = {"job", "instance"}
# What needs hardware, a kernel, limits or a certificate that a machine may lack: the exporter's README lists it, held
# to the collectors.
OF_SOME_HOSTS = re.compile(
    r"tachograph_cgroup_|node_(pressure|nf_conntrack|network_speed|timex|vmstat_oom_kill|disk)_?|tachograph_probe_tls_expiry"
)
README = CHECKOUT / "exporter" / "README.md"
CONFIGURATION = """
[[collector.process_groups.groups]]
name = "busy"
command = "busy.py"

[collector.probes]
interval = 1.0

[[collector.probes.targets]]
name = "postgres"
url = "tcp://127.0.0.1:{port}"
"""


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator["Emitting"]:
    """Everything that rules look at, at work."""
    folder = tmp_path_factory.mktemp("emitting")
    (folder / "tachograph.toml").write_text(CONFIGURATION.format(port=postgres.port))
    with ExitStack() as parts, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        environment.setenv("TACHOGRAPH_LLM_BUDGET_USD", "5")
        exporter = parts.enter_context(service.exporter(folder, f"--config.file={folder / 'tachograph.toml'}"))
        demo = parts.enter_context(service.demo(folder, exporter.endpoint, "--rate=8", "--llm-errors=0.2"))
        busy = [
            sys.executable,
            str(CHECKOUT / "tests" / "rules" / "busy.py"),
            postgres.dsn,
            f"http://127.0.0.1:{demo.port}/v1",
        ]
        log = folder / "busy.log"
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": exporter.endpoint, "OTEL_METRIC_EXPORT_INTERVAL": "500"}
        parts.enter_context(
            running(busy, log=log, ready=lambda: log.read_text().count("round") > 1, cwd=folder, environment=endpoint)
        )
        _refused(exporter)
        yield Emitting(exporter, *parts.enter_context(_monitoring(folder, pairs.pair(pairs.OLDEST_PAIR))))


def _refused(exporter: service.Exporter) -> None:
    """Send a metric that the exporter cannot take: the name is one of its own."""
    point = {"asDouble": 1, "timeUnixNano": "1"}
    metric = {"name": "node_load1", "gauge": {"dataPoints": [point]}}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{exporter.endpoint}/v1/metrics", body, headers)) as response:
        response.read()


@contextmanager
def _monitoring(folder: Path, pair: Pair) -> Iterator[tuple[str, str]]:
    """Run an Alertmanager and a Prometheus with the rules, and return their addresses."""
    with listening() as told:
        receivers = f'receivers: [{{name: all, slack_configs: [{{api_url: "{told.url}", channel: "#a"}}]}}]'
        text = f"route: {{receiver: all}}\n{receivers}\n"
        with alertmanager.server(folder, text, binary=pair.alertmanager) as manager:
            address = manager.url.removeprefix("http://")
            configuration = (CHECKOUT / "prometheus" / "prometheus.yml").read_text().replace("127.0.0.1:9093", address)
            rules = f"{CHECKOUT / 'prometheus' / 'rules'}/*.rules.yml"
            configuration = configuration.replace("rules/*.rules.yml", rules)
            with prometheus.server(folder, configuration, binary=pair.prometheus) as server:
                yield manager.url, server.url


@dataclass(frozen=True)
class Emitting:
    """What serves metrics."""

    exporter: service.Exporter
    alertmanager_url: str
    prometheus_url: str

    def pairs(self) -> set[tuple[str, str]]:
        """Return (metric, label) of all that is emitted now, and (metric, "") of each metric."""
        return _pairs(self.exporter.metrics()) | _served(self.alertmanager_url, self.prometheus_url)


def _served(*urls: str) -> set[tuple[str, str]]:
    return {pair for url in urls for pair in _pairs(service.metrics(f"{url}/metrics"))}


def _pairs(text: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.add((name, ""))
        found |= {(name, label) for label in re.findall(r'(\w+)="', labels)}
    return found


def _owed() -> set[tuple[str, str]]:
    """Return (metric, label) of all that rules use, but for what they record and what Prometheus adds."""
    asked = {(metric, "") for rule in RULES for metric in promql.metrics(rule.expression)}
    asked |= {pair for rule in RULES for pair in promql.labels(rule.expression)}
    return {
        (metric, label)
        for metric, label in asked
        if metric not in promql.OF_PROMETHEUS | RECORDED and label not in OF_TARGETS
    }


def _missing(owed: set[tuple[str, str]], look: Callable[[], set[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Return what is still missing after looking for a while."""
    left = owed

    def found() -> bool:
        nonlocal left
        left = left - look()
        return not left

    with suppress(TimeoutError):
        wait_until(found, what="what the rules use", timeout_seconds=40)
    return sorted(left)


def test_every_metric_and_label_of_the_rules_is_emitted(emitted: Emitting) -> None:
    assert _missing(_owed() - _documented(), emitted.pairs) == []


def test_the_oldest_and_newest_servers_have_what_the_rules_about_them_use(each_pair: Pair, tmp_path: Path) -> None:
    owed = {pair for pair in _owed() if pair[0].startswith(("prometheus_", "alertmanager_"))}
    with _monitoring(tmp_path, each_pair) as urls:
        assert _missing(owed, lambda: _served(*urls)) == []


def test_every_recorded_series_that_a_rule_uses_is_recorded() -> None:
    used = {metric for rule in RULES for metric in promql.metrics(rule.expression) if ":" in metric}
    assert used - RECORDED == set()


def _documented() -> set[tuple[str, str]]:
    """Return what the exporter's README says that some hosts have."""
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| (.*?) \|", README.read_text(), re.MULTILINE)
    listed = {(name, label) for name, labels in rows for label in ("", *re.findall(r"\w+", labels))}
    return {pair for pair in listed if OF_SOME_HOSTS.match(pair[0])}
