"""What the boards are tried on: the real exporter with the demo application, and six invented hours."""

import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import prometheus, service
from tests.fixtures.process import command, running
from tests.fixtures.prometheus import Prometheus

from . import boards, courses, history

RULES = tuple(sorted((boards.CHECKOUT / "prometheus" / "rules").glob("*.rules.yml")))
# When the invented hours end: 2026-01-05 18:00 UTC.
END = 1_767_636_000


# What a user who wants every board sets: the process table, a watched group, an endpoint.
CONFIGURATION = """
[collector.processes]
enabled = true

[[collector.process_groups.groups]]
name = "demo"
command = "demo --port="

[collector.probes]
interval = 1.0

[[collector.probes.targets]]
name = "a listener"
url = "tcp://127.0.0.1:{port}"
"""


@dataclass(frozen=True)
class Live:
    """The exporter with the demo application behind it, and a Prometheus that scrapes it."""

    exporter: service.Exporter
    prometheus: Prometheus


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Run the demo application, some of whose models' answers are errors, and scrape the exporter each second."""
    folder = tmp_path_factory.mktemp("live")
    with (
        pytest.MonkeyPatch.context() as environment,
        socket.create_server(("127.0.0.1", 0)) as listener,
        service.exporter(folder, f"--config.file={_configured(folder, listener.getsockname()[1])}") as exporter,
    ):
        environment.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.version=1.2.3")
        configuration = prometheus.scraping(exporter.target, interval="1s", rules=RULES)
        with (
            service.demo(folder, exporter.endpoint, "--rate=12", "--llm-errors=0.6"),
            _vectors(folder, exporter.endpoint),
            prometheus.server(folder, configuration, "--enable-feature=exemplar-storage") as server,
        ):
            yield Live(exporter, server)


@contextmanager
def _vectors(folder: Path, endpoint: str) -> Iterator[None]:
    """Run what searches vectors."""
    argv, log = [sys.executable, str(Path(__file__).parent / "vectors.py")], folder / "vectors.log"
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_METRIC_EXPORT_INTERVAL": "500"}
    with running(argv, log=log, ready=lambda: "searched" in log.read_text(), cwd=folder, environment=environment):
        yield


def _configured(folder: Path, port: int) -> Path:
    file = folder / "tachograph.toml"
    file.write_text(CONFIGURATION.format(port=port))
    return file


@dataclass(frozen=True)
class Hours:
    """A Prometheus that holds the invented hours, and answers as it did when they ended."""

    prometheus: Prometheus

    def over(self, expression: str, *, step: str = "60") -> list[dict[str, Any]]:
        """Return the series that an expression gives over the six hours."""
        start = str(END - courses.MINUTES * 60)
        answer = self.prometheus.get("query_range", query=expression, start=start, end=str(END), step=step)
        series: list[dict[str, Any]] = answer["result"]
        return series

    def at_the_end(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression gave in the last moment."""
        series: list[dict[str, Any]] = self.prometheus.get("query", query=expression, time=str(END))["result"]
        return series

    def values(self, selector: str, label: str) -> list[str]:
        """Return the values that a label has on the series of a selector."""
        found: list[str] = self.prometheus.get(f"label/{label}/values", **{"match[]": selector})
        return found


@pytest.fixture(scope="session")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hours]:
    """Fill a Prometheus with the invented hours."""
    folder = tmp_path_factory.mktemp("hours")
    fill(folder, history.lines(history.six_hours(), end=END))
    with prometheus.server(folder, "scrape_configs: []", "--storage.tsdb.retention.time=100y") as server:
        yield Hours(server)


def fill(folder: Path, lines: Iterable[str]) -> None:
    """Write samples into the folder that a Prometheus is going to keep its data in."""
    with (folder / "history.om").open("w") as file:
        file.writelines(lines)
    argv = [command("promtool"), "tsdb", "create-blocks-from", "openmetrics", "history.om", "data"]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    (folder / "history.om").unlink()
