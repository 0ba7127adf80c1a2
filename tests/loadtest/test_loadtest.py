"""Load tests as a user runs them: real Locust over a small service, and over the real demo beside a real exporter."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import service
from tests.fixtures.process import free_port, listens, wait_until

from .target import SERVED_AT_ONCE, Target, target

NO_EXPORTER = {"TACHOGRAPH_EXPORTER": ""}


@pytest.fixture(scope="module")
def small() -> Iterator[Target]:
    with target() as running:
        yield running


def loadtest(*arguments: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*service.TACHOGRAPH, "loadtest", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **NO_EXPORTER},
        check=False,
    )


def told(ended: "subprocess.CompletedProcess[str]") -> Any:
    assert ended.returncode in (0, 1), ended.stderr
    return json.loads(ended.stdout)


def test_the_demo_is_loaded_and_told_of_from_both_sides(tmp_path: Path) -> None:
    port = free_port()
    with (
        service.exporter(tmp_path) as exporter,
        service.demo(tmp_path, exporter.endpoint, f"--http-port={port}", "--rate=0.1"),
    ):
        wait_until(lambda: listens(port), what="the demo's HTTP")
        where = (f"--host=http://127.0.0.1:{port}", f"--exporter=http://{exporter.target}")
        ended = loadtest("demo", *where, "--users=8", "--ramp-up=1s", "--duration=3s", "--settle=2s", "--format=json")

    outcome = told(ended)
    step = outcome["steps"][0]
    operations = {one["operation"]: one for one in step["service"]["operations"]}
    assert (ended.returncode, outcome["notes"], step["failed"]) == (0, [], 0)
    assert step["by_request"].keys() == {"ask", "act", "remember", "find"}
    assert operations.keys() >= {"request", "answer", "agent.step", "memory.create", "memory.search"}
    assert operations["request"]["calls"] >= step["requests"]
    assert max(step["service"]["time_ratio_by_kind"].items(), key=lambda kind: kind[1])[0] == "llm"
    assert [one["service"] for one in step["service"]["processes"]] == ["demo"]
    assert 0 < step["service"]["cpu_ratio"] <= 1


def test_requests_come_at_the_rate_and_as_they_were_described(small: Target, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    url = f"{small.url}/search?q=1"
    header = f"x-told: @{tmp_path / 'secret'}"
    flags = ("--method=POST", "--body=hello", f"--header={header}", "--rate=40", "--users=8", "--duration=2s")
    step = told(loadtest(url, *flags, "--format=json"))["steps"][0]

    assert list(step["by_request"]) == ["POST /search"]
    assert 28 <= step["per_second"] <= 44
    assert 0.02 <= step["p50_seconds"] <= 1
    assert small.asked["POST /search?q=1 s3cret hello"] >= step["requests"]


def test_a_scenario_weighs_varies_and_counts_failures_by_kind_without_following_redirects(
    small: Target, tmp_path: Path
) -> None:
    scenario = tmp_path / "shop.toml"
    scenario.write_text(f"""
        url = "{small.url}"
        vary = {{ word = ["a\\"b"], page = [7] }}
        requests = [
            {{ path = "/find/$page", json = {{ query = "$word" }}, weight = 6 }},
            {{ name = "moved", path = "/elsewhere" }},
            {{ name = "broken", path = "/broken", weight = 3 }},
        ]
    """)
    flags = ("--users=4", "--duration=1500ms", "--max-errors=5%", "--format=json")
    ended = loadtest(str(scenario), "--users=4", "--duration=1.5", *flags[2:])
    step = told(ended)["steps"][0]

    assert (ended.returncode, step["verdict"]) == (1, "bad")
    assert {name: one["errors"].keys() for name, one in step["by_request"].items()} == {
        "POST /find/$page": set(),
        "moved": set(),
        "broken": {"HTTP 500"},
    }
    assert small.asked['POST /find/7  {"query": "a\\"b"}'] >= step["by_request"]["POST /find/$page"]["requests"]
    assert 0.15 < step["error_ratio"] < 0.5


def test_a_stress_test_of_a_locustfile_finds_where_it_breaks(small: Target, tmp_path: Path) -> None:
    locustfile = tmp_path / "visitors.py"
    locustfile.write_text("""
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def visit(self):
        print("standard output is no place for reports")
        self.client.get("/")
""")
    flags = ("--stress", "--step-users=6", "--step-duration=1", "--users=60", "--spawn-rate=100", "--max-errors=20%")
    ended = loadtest(str(locustfile), f"--host={small.url}", *flags, "--format=markdown")

    assert (ended.returncode, "standard output" in ended.stderr) == (0, True)
    heading, *_ = ended.stdout.splitlines()
    assert heading.startswith(f"# Stress test of {str(locustfile).replace('_', chr(92) + '_')} (http")
    assert f"* last good   {6 * (SERVED_AT_ONCE // 6)} users" in ended.stdout
    assert "HTTP 503" in ended.stdout
    assert "the service's own metrics could not be read" in ended.stdout


def test_a_slower_service_is_worse_than_its_baseline(small: Target, tmp_path: Path) -> None:
    flags = (f"{small.url}/steady", "--rate=60", "--users=6", "--duration=3s", f"--directory={tmp_path}")
    saved = loadtest(*flags, "--save-baseline=steady", f"--output={tmp_path / 'report.html'}")
    page = (tmp_path / "report.html").read_text()
    small.pause[0] = 0.09
    try:
        slower = loadtest(*flags, "--baseline=steady", "--format=json")
    finally:
        small.pause[0] = 0.02
    verdicts = {one["measure"]: one["verdict"] for one in json.loads(slower.stdout)["baseline"]["findings"]}

    assert (saved.returncode, saved.stderr) == (0, f"wrote {tmp_path}/report.html\nsaved {tmp_path}/steady.json\n")
    assert ("GET /steady" in page, page.count("<figure>"), "<script" in page) == (True, 3, False)
    assert (slower.returncode, verdicts["p50"], verdicts["errors"]) == (1, "worse", "same")


def test_ctrl_c_gives_the_report_so_far_and_ends_the_load(small: Target) -> None:
    flags = ("--users=2", "--duration=10m", "--rate=20")
    process = subprocess.Popen(
        [*service.TACHOGRAPH, "loadtest", f"{small.url}/long", *flags], stdout=subprocess.PIPE, text=True
    )
    wait_until(lambda: small.asked["GET /long"] > 50, what="requests")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    asked = small.asked["GET /long"]

    assert (process.returncode, "interrupted: these are the figures so far" in output) == (130, True)
    assert "GET /long" in output
    assert small.asked["GET /long"] == asked


def test_no_load_outlives_who_asked_for_it(small: Target) -> None:
    process = subprocess.Popen([*service.TACHOGRAPH, "loadtest", f"{small.url}/orphan", "--rate=20", "--duration=10m"])
    wait_until(lambda: small.asked["GET /orphan"] > 0, what="requests")
    process.kill()
    process.wait()
    seen = -1

    def silent() -> bool:
        nonlocal seen
        before, seen = seen, small.asked["GET /orphan"]
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True)
        return before == seen

    wait_until(silent, what="silence", timeout_seconds=20)
