"""Baselines as a user keeps and compares them, from a real Prometheus and a real exporter."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from tachograph_exporter.cli import main
from tachograph_exporter.live.tables import OPERATIONS
from tachograph_exporter.past.source import source_at
from tachograph_exporter.past.window import Window
from tests.exporter.live.reporting import calls, report
from tests.fixtures.past import Past
from tests.fixtures.process import wait_until
from tests.fixtures.service import exporter

GOOD, INCIDENT, LATER = (15, 110), (121, 164), (170, 235)


def run(*arguments: str, directory: Path) -> Result:
    words = ["baseline", *arguments, f"--directory={directory}"]
    return CliRunner().invoke(main, words, prog_name="tachograph")


def window(past: Past, minutes: tuple[int, int]) -> list[str]:
    start, end = (str(past.minute(minute)) for minute in minutes)
    return [f"--prometheus={past.url}", f"--start={start}", f"--end={end}"]


@pytest.fixture(scope="module")
def kept(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("baselines") / "new"
    saved = run("save", "release-1.4", *window(past, GOOD), directory=directory)
    assert (saved.exit_code, saved.stderr) == (0, "")
    assert saved.stdout.startswith(f"saved {directory}/release-1.4.json: 28 operations, ")
    return directory


def test_an_incident_is_worse_and_a_file_for_ci_says_so(past: Past, kept: Path, tmp_path: Path) -> None:
    files = [f"--junit={tmp_path / 'junit.xml'}", f"--markdown={tmp_path / 'table.md'}"]
    ended = run("compare", "release-1.4", *window(past, INCIDENT), "--service=assistant", *files, directory=kept)
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}

    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (1, "56 of 56 measures got worse by more than 10 %")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("56", "56", "0")
    assert failed >= {"request p95", "openai gpt-4o errors", "postgresql SELECT memories p50"}
    assert (tmp_path / "table.md").read_text().startswith("## 56 of 56 measures got worse by more than 10 %\n")


def test_hours_that_are_alike_are_not_worse(past: Past, kept: Path) -> None:
    ended = run("compare", "release-1.4", *window(past, LATER), "--format=json", directory=kept)
    outcome = json.loads(ended.stdout)
    told = {(one["table"], one["measure"]): one for one in outcome["findings"] if one.get("operation") == "request"}

    assert (ended.exit_code, outcome["worse"], outcome["gone"], outcome["new"]) == (0, 0, [], [])
    assert told["operations", "p95"]["verdict"] == "same"
    assert told["operations", "p95"]["low"] < 0 < told["operations", "p95"]["high"]


def test_a_mild_change_counts_only_beyond_what_is_allowed(past: Past, kept: Path) -> None:
    codes = {
        allowed: run(
            "compare", "release-1.4", *window(past, INCIDENT), f"--fail-on={allowed}", directory=kept
        ).exit_code
        for allowed in ("10%", "9999%")
    }

    assert codes == {"10%": 1, "9999%": 1}  # errors rose 450-fold, which is more still


def test_baselines_are_listed_shown_and_deleted(past: Past, kept: Path, tmp_path: Path) -> None:
    listed, shown = run("list", directory=kept), run("show", "release-1.4", directory=kept)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "release-1.4.json").write_bytes((kept / "release-1.4.json").read_bytes())
    (copy / "broken.json").write_text('{"format": 1, "rows": [{}]}')
    (copy / "newer.json").write_text('{"format": 2}')
    deleted = run("delete", "release-1.4", directory=copy)
    left = run("list", directory=copy)

    assert listed.stdout.splitlines()[1].split()[0] == "release-1.4"
    assert f"from Prometheus at {past.url}" in shown.stdout
    assert any("memory.search (" in line or "memory.search" in line for line in shown.stdout.splitlines())
    assert (deleted.stdout, (copy / "release-1.4.json").exists()) == ("deleted release-1.4\n", False)
    assert "broken.json: is no baseline (KeyError: 'slices')" in left.stderr
    assert "newer.json: is of format 2, this version reads 1: save it again" in left.stderr
    assert left.stdout.startswith(f"there is no baseline in {copy}: ")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["compare", "missing"], 3, "there is no baseline 'missing' in "),
        (["compare", "release-1.4", "--prometheus=http://127.0.0.1:9"], 3, "Prometheus at http://127.0.0.1:9 does not"),
        (["compare", "release-1.4", "--prometheus=nonsense"], 2, "--prometheus: 'nonsense' is not an address such as"),
        (["compare", "release-1.4", "--fail-on=much"], 2, "Invalid value for '--fail-on': 'much' is no share such as"),
        (["compare", "release-1.4", "--start=2026-11-20"], 2, "--start needs --end: both ends of the range"),
        (["save", "release-1.4"], 1, "there is a baseline 'release-1.4' already: choose another name, or give"),
        (["save", "../escape"], 1, "'../escape' is no name: letters, digits, '.', '_' and '-'"),
        (["show", "missing"], 1, "there is no baseline 'missing' in "),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(kept: Path, arguments: list[str], code: int, says: str) -> None:
    ended = run(*arguments, directory=kept)

    assert (ended.exit_code, says in ended.stderr, ended.stdout) == (code, True, "")


def test_hours_without_calls_cannot_be_compared(past: Past, kept: Path) -> None:
    where = [f"--prometheus={past.url}", "--start=2026-01-01", "--end=2026-01-02"]
    ended = run("compare", "release-1.4", *where, directory=kept)

    assert (ended.exit_code, ended.stderr.splitlines()[-1]) == (
        3,
        f"tachograph baseline: Prometheus at {past.url} knows of no calls in that time",
    )


def test_without_prometheus_the_exporters_ring_is_kept_and_compared(tmp_path: Path) -> None:
    with exporter(tmp_path) as running:
        url = f"http://{running.target}"
        report(running.endpoint, calls("checkout", (0, 900, 90, 10, 0)))
        wait_until(lambda: bool(source_at(None, url).histograms(OPERATIONS, Window(0, 4e9))), what="the report")
        saved = run("save", "ring", f"--exporter={url}", "--since=10m", directory=tmp_path)
        report(running.endpoint, calls("checkout", (0, 900, 90, 10, 0), at=2, error="TimeoutError"))

        def failing() -> bool:
            return any(one.errors for one in source_at(None, url).histograms(OPERATIONS, Window(0, 4e9)))

        wait_until(failing, what="the second report")
        ended = run("compare", "ring", f"--exporter={url}", "--since=10m", "--format=json", directory=tmp_path)

    verdicts = {one["measure"]: one["verdict"] for one in json.loads(ended.stdout)["findings"]}
    assert (saved.exit_code, ended.exit_code) == (0, 1), saved.output + ended.output
    assert verdicts == {"p50": "same", "p95": "unclear", "p99": "unclear", "errors": "worse"}
