"""`tachograph capacity` over a real Prometheus and a real exporter."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tachograph_exporter.cli import main
from tests.fixtures.past import Past
from tests.fixtures.service import exporter


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["capacity", *arguments], prog_name="tachograph")


def six_hours(past: Past) -> list[str]:
    return [f"--prometheus={past.url}", f"--start={past.minute(0)}", f"--end={past.end}"]


def test_a_disk_that_fills_has_a_date_and_what_does_not_has_none(past: Past) -> None:
    ended = run(*six_hours(past), "--format=json")
    found = {(one["resource"], one["name"]): one for one in json.loads(ended.stdout)["forecasts"]}
    disk = found["disk", "10.0.0.1:9100 /"]
    outcomes = {resource: one["outcome"] for (resource, _), one in found.items()}

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert {resource: outcomes.get(resource) for resource in ("disk", "files", "memory", "budget")} == {
        "disk": "ends",
        "files": "not in sight",
        "memory": "no trend",
        "budget": "at its end",
    }
    assert disk["at"] == pytest.approx(past.end + 22 / 3 * 3600, abs=600)  # 22 GB are left, and 3 GB an hour go
    assert disk["earliest"] <= disk["at"] <= disk["latest"]


def test_ci_can_fail_on_what_ends_soon(past: Past) -> None:
    codes = [run(*six_hours(past), f"--fail-within={soon}").exit_code for soon in ("1d", "30m")]

    assert codes == [1, 1]  # the disk within a day; the budget is spent already


def test_the_text_says_why_there_is_no_date(past: Past) -> None:
    told = run(*six_hours(past)).stdout
    short = run(f"--prometheus={past.url}", f"--start={past.minute(330)}", f"--end={past.end}").stdout

    assert "at this pace the budget of a day is spent after" in told
    assert "needs 1 h, has " in short


def test_the_ring_is_too_short_and_that_is_said(tmp_path: Path) -> None:
    with exporter(tmp_path) as running:
        ended = run(f"--exporter=http://{running.target}", "--format=json")
    answer = json.loads(ended.stdout)

    assert (ended.exit_code, {one["outcome"] for one in answer["forecasts"]} <= {"too little data", "at its end"}) == (
        0,
        True,
    )
    assert {*answer["unknown"]} >= {"inodes", "connection pool", "budget for models"}
    assert "1 d were asked for: the exporter at" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ["--prometheus=http://127.0.0.1:9"],
            1,
            "Prometheus at http://127.0.0.1:9 does not answer (Connection refused)",
        ),
        (["--fail-within=soon"], 2, "--fail-within: 'soon' is not a duration such as 30m, 24h, 7d or 1h30m"),
        (["--end=now"], 2, "--end needs --start"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(arguments: list[str], code: int, says: str) -> None:
    ended = run(*arguments)

    assert (ended.exit_code, says in ended.stderr, ended.stdout) == (code, True, "")
