"""What the boards are tried on: the real exporter with the demo application, and six invented hours."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.fixtures import prometheus, service
from tests.fixtures.prometheus import Prometheus


@dataclass(frozen=True)
class Live:
    """The exporter with the demo application behind it, and a Prometheus that scrapes it."""

    exporter: service.Exporter
    prometheus: Prometheus


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Run the demo application, some of whose models' answers are errors, and scrape the exporter each second."""
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as environment, service.exporter(folder) as exporter:
        environment.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.version=1.2.3")
        configuration = prometheus.scraping(exporter.target, interval="1s")
        with (
            service.demo(folder, exporter.endpoint, "--rate=12", "--llm-errors=0.3"),
            prometheus.server(folder, configuration, "--enable-feature=exemplar-storage") as server,
        ):
            yield Live(exporter, server)
