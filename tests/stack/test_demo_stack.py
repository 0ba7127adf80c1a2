"""`tachograph demo --stack`: the servers on PATH with the files that are shipped; what is missing is said."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.process import SEARCH_PATH, answers, command, free_port, running
from tests.fixtures.prometheus import Prometheus

DEMO = [sys.executable, "-m", "tachograph_exporter", "demo", "--stack"]
SERVERS = ("metrics", "otlp", "prometheus", "alertmanager")


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    """Return a free port for each server."""
    return {name: free_port() for name in SERVERS}


def flags(ports: dict[str, int], state: Path) -> list[str]:
    return [*(f"--{name}-port={port}" for name, port in ports.items()), f"--state={state}"]


@pytest.fixture(scope="module")
def stack(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Run the demo with its stack, with the names that Prometheus' own releases give the programs."""
    tmp_path = tmp_path_factory.mktemp("stack")
    (tmp_path / "bin").mkdir()
    for name, debian in (("prometheus", "prometheus"), ("alertmanager", "prometheus-alertmanager")):
        (tmp_path / "bin" / name).symlink_to(command(debian))
    with running(
        [*DEMO, *flags(ports, tmp_path / "state")],
        log=tmp_path / "demo.log",
        ready=lambda: "state " in (tmp_path / "demo.log").read_text(),
        environment={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
    ):
        yield Prometheus(f"http://127.0.0.1:{ports['prometheus']}", tmp_path)


def test_prometheus_scrapes_the_exporter_evaluates_the_rules_and_knows_alertmanager(stack: Prometheus) -> None:
    up = stack.wait_for("count(up == 1) == 3")
    rules = [rule["health"] for group in stack.get("rules")["groups"] for rule in group["rules"]]
    active = stack.get("alertmanagers")["activeAlertmanagers"]
    assert (len(up), len(rules) > 50, "err" in rules, len(active)) == (1, True, False, 1)


def test_the_watchdogs_alert_reaches_alertmanager(stack: Prometheus, ports: dict[str, int]) -> None:
    stack.wait_for('ALERTS{alertname="Watchdog",alertstate="firing"}')
    assert answers(f"http://127.0.0.1:{ports['alertmanager']}/api/v2/alerts?filter=alertname%3DWatchdog")


def test_it_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    free = {name: free_port() for name in SERVERS}
    done = subprocess.run(
        [*DEMO, *flags(free, tmp_path)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")  # nothing was started before
    assert done.stderr.startswith("Error: Prometheus and Alertmanager not found on PATH")
    assert "sudo apt install prometheus prometheus-alertmanager\n" in done.stderr
    # Debian's services listen where the stack wants to.
    assert "sudo systemctl disable --now prometheus prometheus-alertmanager prometheus-node-exporter" in done.stderr


@pytest.mark.usefixtures("stack")
def test_it_says_when_a_port_is_taken(ports: dict[str, int], tmp_path: Path) -> None:
    others = {**{name: free_port() for name in SERVERS}, "prometheus": ports["prometheus"]}
    environment = {**os.environ, "PATH": SEARCH_PATH}
    done = subprocess.run(
        [*DEMO, *flags(others, tmp_path / "other")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        f"Error: a Prometheus answers on 127.0.0.1:{ports['prometheus']} already: "
        "stop it, or choose another --prometheus-port",
    )
