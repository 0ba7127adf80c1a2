"""`tachograph summary` and `tachograph report` as users run them."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tachograph_exporter.cli import past as past_options
from tests.exporter.live.reporting import shop
from tests.fixtures.past import Past
from tests.fixtures.process import CHECKOUT, free_port, wait_until
from tests.fixtures.service import Exporter, exporter, metrics

from .conftest import Run


def test_the_summary_has_average_min_max_and_p95_of_each_metric(tachograph: Run, past: Past) -> None:
    range_ = ("--start", str(past.minute(180)), "--end", str(past.end))
    done = tachograph("summary", "--prometheus", past.url, *range_, "--format", "json")
    metrics = {(one["metric"], *one["labels"].values()): one for one in json.loads(done.stdout)["metrics"]}
    request = metrics["operations_average", "assistant", "production", "request"]
    figures = [request[name] for name in ("average", "minimum", "maximum", "p95")]
    assert figures == pytest.approx([1.27, 1.22, 1.36, 2.75], rel=0.01)
    assert {metric for metric, *_ in metrics} >= {"cpu", "memory", "disk", "llm_cost", "database_rate", "cache_hits"}
    text = tachograph("summary", "--prometheus", past.url, *range_)
    assert (done.returncode, text.returncode, done.stderr, text.stderr) == (0, 0, "", "")
    assert "duration    request (assistant, production)            1.27 s   1.22 s   1.36 s   2.75 s" in text.stdout


def test_a_report_is_written_as_its_file_ends(tachograph: Run, past: Past, tmp_path: Path) -> None:
    for name, begins in (
        ("r.html", "<!doctype html>"),
        ("r.md", "# Daily report: "),
        ("r.json", "{"),
        ("r.txt", "Daily"),
    ):
        done = tachograph("report", "daily", "--prometheus", past.url, "--output", str(tmp_path / name))
        assert (done.returncode, done.stdout) == (0, "")
        assert (tmp_path / name).read_text().startswith(begins)
    # of the day that was asked for, six hours are known
    first, wrote = done.stderr.splitlines()
    assert first.startswith(f"tachograph report: Prometheus at {past.url} knows of what was since ")
    assert wrote == f"wrote {tmp_path / 'r.txt'}"


def test_a_users_limits_come_from_the_file_that_the_environment_names(
    tachograph: Run, past: Past, tmp_path: Path
) -> None:
    own = tmp_path / "tachograph.toml"
    own.write_text("[alerts.limits.HostCpuHigh]\nwarning = 0.01\ncritical = 0.02\n")
    done = tachograph("report", "--since=1h", "--format=json", "--prometheus", past.url, TACHOGRAPH_CONFIG=str(own))
    (cpu,) = (one for one in json.loads(done.stdout)["metrics"] if one["name"] == "cpu")
    assert [cpu[name] for name in ("target", "warning", "critical", "state")] == [0.01, 0.01, 0.02, "critical"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with exporter(tmp_path_factory.mktemp("ring")) as running:
        shop(running.endpoint)
        url = f"http://{running.target}/api/v1/minutes"
        wait_until(lambda: bool(json.loads(metrics(url))["tables"]["cache"]), what="the report")
        yield running


@pytest.mark.parametrize("command", ["summary", "report"])
def test_without_a_prometheus_the_exporter_tells_and_says_how_far_back(
    tachograph: Run, running: Exporter, command: str
) -> None:
    done = tachograph(command, "--exporter", f"http://{running.target}", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "(it was started then); --prometheus URL reads what was before" in done.stderr
    if command == "report":
        (model,) = document["models"]
        assert (model["calls"], document["cost_usd"], document["before"]) == (10, 0.25, None)
        titles = [one["title"] for one in document["recommendations"]]
        assert titles[0] == "Find out why operations fail"
        assert "Improve the statement SELECT orders" in titles
    else:
        assert {one["metric"] for one in document["metrics"]} >= {"operations_average", "llm_rate", "cache_hits"}


USAGE = {
    "half a range": (["--start", "2026-11-20"], "--start needs --end: both ends of the range, or --since 24h"),
    "no duration": (["--since", "lately"], "'lately' is not a duration such as 30m, 24h, 7d or 1h30m"),
    "reversed": (["--start", "now", "--end", "2020-01-01"], "the range ends (2020-01-01) before it begins (now)"),
    "no address": (["--prometheus", "localhost"], "--prometheus: 'localhost' is not an address such as"),
    "half a user": (["--password-file", "/dev/null"], "--password-file needs --user"),
    "no header": (["--header", "x"], "--header: 'x' is not NAME:VALUE"),
}


@pytest.mark.parametrize("case", USAGE)
def test_bad_usage_ends_with_2_and_one_line(tachograph: Run, case: str) -> None:
    words, told = USAGE[case]
    done = tachograph("summary", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"tachograph summary: {told}")


def test_a_server_that_is_down_or_knows_nothing_ends_with_1_and_one_line(tachograph: Run, past: Past) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    long_ago = ("--start", "2020-01-01", "--end", "2020-01-02")
    done = [
        tachograph("report", "--prometheus", nowhere),
        tachograph("summary", "--exporter", nowhere),
        tachograph("report", "--prometheus", past.url, *long_ago),
        tachograph("capacity", "--prometheus", past.url, *long_ago),
        tachograph("report", "weekly", "--prometheus", f"{past.url}/lost"),
    ]
    assert [(one.returncode, one.stdout, one.stderr.count("\n")) for one in done] == [(1, "", 1)] * 5
    assert [one.stderr.split(": ")[1][:40] for one in done] == [
        f"Prometheus at {nowhere} does not answer"[:40],
        f"the exporter at {nowhere} does not answer"[:40],
        *["nothing was measured from 2020-01-01 00:"] * 2,
        f"Prometheus at {past.url}/lost answered 404"[:40],
    ]


def test_a_long_query_tells_how_far_it_has_come(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = past_options.Progress()
    progress("operations: buckets", 0, 7)
    monkeypatch.setattr(past_options, "_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(past_options, "_TICK_SECONDS", 0)
    progress("operations: buckets", 3, 7)
    progress.end()
    assert capsys.readouterr() == ("", "reading operations: buckets: 3/7\n")


def test_the_timer_and_its_service_are_good_for_days_and_weeks(tmp_path: Path) -> None:
    for unit in CHECKOUT.glob("exporter/tachograph-report@.*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/tachograph/bin/tachograph", "/bin/true"))
    units = [str(tmp_path / f"tachograph-report@{name}") for name in ("daily.timer", "weekly.timer", "daily.service")]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if "tachograph" in line]) == (0, [])
