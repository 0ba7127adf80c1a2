"""The mark of a deployment: the first minutes of a version that was not there, and of no other."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.fixtures.process import command

from . import boards

DRAWN = next(query for query in boards.queries(boards.boards()[0]) if query.panel == "Deployments")
OLD, NEW = (
    'target_info{service_name="demo",service_version="1"}',
    'target_info{service_name="demo",service_version="2"}',
)
# Twenty minutes of one version, two missed scrapes, ten minutes more; then another version.
SERIES = [
    {"series": OLD, "values": "1x20 stale stale 1x10 stale"},
    {"series": NEW, "values": "_x33 1x30"},
]
MARK = [{"labels": '{service_name="demo", service_version="2"}', "value": 1}]


@pytest.mark.parametrize(
    ("minute", "marks"),
    [(19, []), (26, []), (27, []), (28, []), (35, MARK), (37, MARK), (40, [])],
    ids=["long there", *["after missed scrapes"] * 3, "new", "still new", "known"],
)
def test_a_deployment_is_marked_for_five_minutes_and_a_missed_scrape_is_none(
    tmp_path: Path, minute: int, marks: list[object]
) -> None:
    asked = {"expr": DRAWN.expression, "eval_time": f"{minute}m", "exp_samples": marks}
    case = {"tests": [{"interval": "1m", "input_series": SERIES, "promql_expr_test": [asked]}]}
    (tmp_path / "case.yml").write_text(yaml.safe_dump({"rule_files": [], **case}))
    argv = [command("promtool"), "test", "rules", "case.yml"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
