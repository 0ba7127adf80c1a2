"""The rule files in the repository are the rendered defaults, and valid for the oldest and newest Prometheus."""

import subprocess
from pathlib import Path

from tachograph_exporter.rules.document import document
from tachograph_exporter.rules.settings import Settings
from tachograph_exporter.rules.subjects import rule_files

RULES = Path(__file__).parents[2] / "prometheus" / "rules"


def test_the_committed_rules_are_the_rendered_defaults() -> None:
    rendered = {file.name: document(file) for file in rule_files(Settings())}
    assert {path.name: path.read_text() for path in RULES.iterdir()} == rendered


def test_promtool_accepts_the_rules_and_the_configuration(each_promtool: str) -> None:
    outcome = subprocess.run(
        [each_promtool, "check", "config", "--lint=all", "--lint-fatal", str(RULES.parent / "prometheus.yml")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
