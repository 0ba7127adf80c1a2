"""The cases of an alert: the series at which it is quiet, warns, and is critical, as promtool's test files.

A case file maps an alert's name to
  series       input series; <name> in a value stands for the level's value of that name
  at           when to look
  quiet, warning, critical
               the levels: what <name> stands for, and `value` as the description prints it
  limits       the limit of each severity as the description prints it
  labels       the alert's labels but for severity
  summary, description
               the annotations; <value> and <limit> as above
  dashboard    the end of dashboard_url
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"
RULES = Path(__file__).parents[2] / "prometheus" / "rules"
GRAFANA = "http://127.0.0.1:3000/d/"
RUNBOOKS = "http://127.0.0.1:9100/runbooks/"
LEVELS = ("quiet", "info", "warning", "critical")


@dataclass(frozen=True)
class Case:
    """One alert's cases, of one subject's file."""

    subject: str
    alert: str
    values: Mapping[str, Any]

    @property
    def files(self) -> tuple[str, ...]:
        """The rule files that the alert needs: objectives are about what the operations' rules record."""
        return (f"{self.subject}.rules.yml", *(("operations.rules.yml",) if self.subject == "slo" else ()))

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that the case has, mildest first."""
        return tuple(level for level in LEVELS if level in self.values)

    def tests(self) -> Iterator[dict[str, Any]]:
        """Yield promtool's test of each level."""
        for level in self.levels:
            given = self.values[level]
            yield {
                "name": f"{self.alert} {level}",
                "interval": self.values.get("interval", "1m"),
                "input_series": [
                    {"series": _fill(series, given), "values": _fill(values, given)}
                    for series, values in {**self.values["series"], **given.get("series", {})}.items()
                ],
                "alert_rule_test": [
                    {"eval_time": self.values["at"], "alertname": self.alert, "exp_alerts": list(self._expected(level))}
                ],
            }

    def _expected(self, level: str) -> Iterator[dict[str, Any]]:
        """Yield the alerts that fire at a level: its own and the milder one's."""
        for severity in self.levels[: self.levels.index(level) + 1]:
            if severity == "quiet":
                continue
            given = {**self.values[level], "limit": self.values.get("limits", {}).get(severity, "")}
            yield {
                "exp_labels": {**self.values.get("labels", {}), "severity": severity},
                "exp_annotations": {
                    "summary": _fill(self.values["summary"], given),
                    "description": _fill(self.values["description"], given),
                    "runbook_url": RUNBOOKS + self.alert,
                    "dashboard_url": GRAFANA + self.values["dashboard"],
                },
            }


def _fill(text: str, given: Mapping[str, Any]) -> str:
    return re.sub(r"<(\w+)>", lambda found: str(given[found[1]]), text)


def load(folder: Path = CASES) -> tuple[Case, ...]:
    """Return the cases of every case file."""
    return tuple(
        Case(file.stem, alert, values)
        for file in sorted(folder.glob("*.yml"))
        for alert, values in yaml.load(file.read_text(), Loader=yaml.BaseLoader).items()
    )


def promtool(
    binary: str, cases: Sequence[Case], folder: Path, rules: Path = RULES
) -> "subprocess.CompletedProcess[str]":
    """Run cases with a promtool over their subjects' rule files."""
    document = {
        "rule_files": [str(rules / name) for name in sorted({file for case in cases for file in case.files})],
        "evaluation_interval": "1m",
        "tests": [test for case in cases for test in case.tests()],
    }
    file = folder / "cases.test.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return subprocess.run([binary, "test", "rules", str(file)], check=False, capture_output=True, text=True)
