"""What a report says of six hours of which everything is known."""

import json

import pytest

from tachograph_exporter.live.indicators import TARGETS, Target
from tachograph_exporter.past.series import Incident
from tachograph_exporter.past.source import source_at
from tachograph_exporter.past.window import Window
from tachograph_exporter.report.formats import FORMATS
from tachograph_exporter.report.report import Report, write
from tachograph_exporter.report.score import QUIET, WEIGHTS, share_of, state_of
from tachograph_exporter.report.score import quiet as quiet_share
from tachograph_exporter.rules.settings import parse
from tachograph_exporter.rules.subjects import CHECKS
from tests.fixtures.past import Past

TARGET = {target.name: target for target in (*TARGETS, QUIET)}


def test_the_score_is_the_weighted_sum_of_what_was_measured(quiet: Report, bad: Report) -> None:
    for report in (quiet, bad):
        document = json.loads(FORMATS["json"](report))
        parts = [part for part in document["score"]["parts"] if part["points"] is not None]
        points, weights = sum(part["points"] for part in parts), sum(part["weight"] for part in parts)
        assert document["score"]["value"] == pytest.approx(100 * points / weights, rel=0.001)
    assert (quiet.score.value or 0) > 90 > 50 > (bad.score.value or 0)
    assert (quiet.score.state, bad.score.state) == ("good", "critical")


def test_key_metrics_are_held_against_their_targets(bad: Report) -> None:
    states = {one["name"]: one["state"] for one in json.loads(FORMATS["json"](bad))["metrics"]}
    wanted = {
        "cpu": "good",
        "memory": "good",
        "disk": "good",
        "operation": "critical",
        "llm": "critical",
        "errors": "critical",
        "hits": "good",
        "tokens": "good",
        "uptime": "warning",
    }
    assert {name: states[name] for name in wanted} == wanted


def test_the_trend_is_against_the_period_before(quiet: Report) -> None:
    directions = {one.target.name: one.direction for one in quiet.trends}
    assert {name for name, direction in directions.items() if direction == "better"} >= {
        "operation",
        "llm",
        "errors",
        "uptime",
    }
    assert (directions["disk"], directions["hits"], directions["throughput"]) == ("worse", "same", "same")


def test_models_and_providers_are_compared(quiet: Report) -> None:
    models = {one.model: (one.provider, round(one.cost_per_1k_calls or 0, 2)) for one in quiet.models}
    assert models == {
        "gpt-4o-mini": ("openai", 0.24),
        "gpt-4o": ("openai", 0.44),
        "claude-sonnet-4-5": ("anthropic", 0.56),
    }
    assert [one.provider for one in quiet.providers] == ["openai", "anthropic"]
    assert quiet.cost == pytest.approx(sum(one.cost for one in quiet.models))
    assert quiet.cost_before is not None


def test_incidents_statements_and_savings_are_told(bad: Report) -> None:
    assert [(one.alert, one.severity) for one in bad.facts.incidents] == [
        ("LlmErrorsHigh", "critical"),
        ("OperationSlow", "warning"),
    ]
    statements = {one.summary: sorted(one.advice) for one in bad.statements}
    assert (statements["SELECT memories"], statements["SELECT logs"]) == (
        ["n_plus_one", "select_star", "slow"],
        ["select_star", "slow"],
    )
    caches = json.loads(FORMATS["json"](bad))["caches"]
    assert all(cache["saved_seconds"] > 1000 and cache["saved_usd"] > 0 for cache in caches)


def test_recommendations_come_by_priority_with_evidence_and_gain(bad: Report) -> None:
    told = [(one.priority, one.title) for one in bad.recommendations]
    assert told[:2] == [("high", "Find out why calls of models fail"), ("high", "Find out why operations fail")]
    assert [priority for priority, _ in told] == sorted(
        (priority for priority, _ in told), key=["high", "medium", "low"].index
    )
    assert {title for _, title in told} >= {
        "Make operations quicker",
        "Make models quicker",
        "See to it that critical alerts do not come back",
        "Improve the statement SELECT memories",
        "Stay within the rate limits of providers",
        "Make memory operations quicker",
        "Spend less on models, or raise the budget",
        "Try gpt-4o-mini where claude-sonnet-4-5 is used",
    }
    assert all(one.evidence and one.action and one.gain for one in bad.recommendations)


@pytest.mark.parametrize(
    ("name", "value", "share"),
    [
        ("errors", 0.0, 1.0),
        ("errors", 0.001, 1.0),
        ("errors", 0.01, 0.5),
        ("errors", 0.03, 0.25),
        ("errors", 0.2, 0.0),
        ("hits", 0.95, 1.0),
        ("hits", 0.85, 0.75),
        ("hits", 0.75, 0.25),
        ("hits", 0.1, 0.0),
        ("tokens", 0.4, 0.5),
        ("quiet", 0.99, 0.5),
        ("uptime", 0.99, 0.5),
        ("uptime", 0.98, 0.0),
    ],
)
def test_points_are_in_proportion_between_target_warning_and_critical(name: str, value: float, share: float) -> None:
    assert share_of(TARGET[name], value) == pytest.approx(share, abs=0.03)


def test_weights_are_those_of_a_hundred_points() -> None:
    assert (sum(WEIGHTS.values()), set(WEIGHTS) - set(TARGET)) == (100, set())
    assert [state_of(value) for value in (100, 90, 89, 75, 74, 50, 49, 0)] == [
        "good",
        "good",
        "fair",
        "fair",
        "warning",
        "warning",
        "critical",
        "critical",
    ]


def test_alerts_at_the_same_time_count_once_and_warnings_not_at_all() -> None:
    window = Window(0, 100)
    spans = [("critical", -10, 20), ("critical", 10, 30), ("warning", 40, 90), ("critical", 95, None)]
    incidents = [Incident("Alert", severity, {}, start, end) for severity, start, end in spans]
    assert quiet_share(incidents, window) == pytest.approx(0.65)


def test_a_target_without_limits_is_in_proportion() -> None:
    assert share_of(Target("x", "X", "seconds", 2.0), 4.0) == 0.5


def test_a_users_limits_of_alerts_are_those_of_the_report(past: Past) -> None:
    table = {
        "limits": {
            "HostCpuHigh": {"warning": 0.2, "critical": 0.2},
            "CacheHitRateLow": {"warning": 0.95, "critical": 0.93},
            "OperationMemorySlow": {"warning": 0.001},
        }
    }
    report = write(source_at(past.url), Window(past.minute(180), past.end), "Report", parse(table, CHECKS))
    metrics = {one["name"]: one for one in json.loads(FORMATS["json"](report))["metrics"]}
    found = [[metrics[name][key] for key in ("target", "warning", "critical", "state")] for name in ("cpu", "hits")]
    earned = {part.target.name: part.share for part in report.score.parts}
    assert found == [[0.2, 0.2, 0.2, "critical"], [0.95, 0.95, 0.93, "critical"]]
    assert (earned["cpu"], earned["hits"], metrics["query"]["warning"]) == (0, 0, 0.1)
    assert {"Lower the CPU use", "Make memory operations quicker"} <= {one.title for one in report.recommendations}


def test_the_targets_limits_are_those_of_the_alerts() -> None:
    checks = {check.name: check for check in CHECKS}
    alerts = [(target, checks[target.alert]) for target in TARGETS if target.alert]
    limits = [tuple(limit.value if limit else None for limit in (check.warning, check.critical)) for _, check in alerts]
    assert [(target.warning, target.critical) for target, _ in alerts] == limits
    assert {target.name for target in TARGETS if not target.alert} == {"tokens", "throughput"}
