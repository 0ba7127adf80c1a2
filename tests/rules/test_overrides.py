"""Limits and objectives of a service's own apply to it and to nothing else, as Prometheus evaluates them."""

import subprocess
import tomllib
from pathlib import Path

import yaml

from tachograph_exporter.rules.document import document
from tachograph_exporter.rules.settings import parse
from tachograph_exporter.rules.subjects import CHECKS, rule_files

OWN = """
[limits.OperationErrorsHigh]
warning = 0.1
critical = 0.5

[services.checkout.OperationErrorsHigh]
warning = 0.01

[[objectives]]
availability = 0.9

[[objectives]]
service = "checkout"
availability = 0.999

[[objectives]]
service = "checkout"
operation = "report"
availability = 0.5
"""
SERVICES = ("checkout", "search")
OPERATIONS = ("pay", "report")


def _firing(promtool: str, folder: Path, name: str) -> set[tuple[str, str, str]]:
    """Return (service, operation, severity) of the alerts that fire where 4 % of all calls of two services fail."""
    for file in rule_files(parse(tomllib.loads(OWN), CHECKS)):
        (folder / file.name).write_text(document(file))
    metric = "tachograph_operation_duration_seconds_count"
    series = [
        {
            "series": f'{metric}{{service_name="{service}",tachograph_operation_name="{operation}"{error}}}',
            "values": f"0+{calls}x120",
        }
        for service in SERVICES
        for operation in OPERATIONS
        for error, calls in (("", 960), (',error_type="500"', 40))
    ]
    asked = f'count by (service_name, tachograph_operation_name, severity) (ALERTS{{alertname="{name}"}})'
    test = {
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [{"expr": asked, "eval_time": "100m", "exp_samples": []}],
    }
    rules = [str(folder / f"{subject}.rules.yml") for subject in ("operations", "slo")]
    (folder / "own.test.yml").write_text(yaml.safe_dump({"rule_files": rules, "tests": [test]}))
    argv = [promtool, "test", "rules", str(folder / "own.test.yml")]
    told = subprocess.run(argv, check=False, capture_output=True, text=True)
    return _found(told.stdout + told.stderr)


def _found(told: str) -> set[tuple[str, str, str]]:
    """Return the labels of what promtool found instead of nothing."""
    return {
        (service, operation, severity)
        for service in SERVICES
        for operation in OPERATIONS
        for severity in ("warning", "critical")
        if f'service_name="{service}", severity="{severity}", tachograph_operation_name="{operation}"' in told
    }


def test_a_service_with_limits_of_its_own_is_held_to_them_alone(each_promtool: str, tmp_path: Path) -> None:
    assert _firing(each_promtool, tmp_path, "OperationErrorsHigh") == {
        ("checkout", "pay", "warning"),
        ("checkout", "report", "warning"),
    }


def test_an_operation_with_an_objective_of_its_own_is_held_to_it_alone(each_promtool: str, tmp_path: Path) -> None:
    assert _firing(each_promtool, tmp_path, "OperationErrorBudgetBurns") == {
        ("checkout", "pay", "warning"),
        ("checkout", "pay", "critical"),
    }
