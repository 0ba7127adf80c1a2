"""Two hundred clients that push each second, for minutes, while Prometheus scrapes: nothing lost, memory flat."""

import time
from dataclasses import dataclass, field
from typing import Any

from ..exporter.scraping import Scraper
from .served import Exporter, clients, exporter

CLIENTS, SERVICES, SERIES = 200, 20, 50


@dataclass
class Soaked:
    """What the clients did, what arrived, and the resident set over time."""

    minutes: float
    done: dict[str, Any] = field(default_factory=dict)
    arrived: float = 0.0
    cpu_percent: float = 0.0
    megabytes: list[float] = field(default_factory=list)


def measure(minutes: float) -> Soaked:
    """Push and scrape; the resident set is read every ten seconds."""
    soaked = Soaked(minutes)
    with exporter() as server:
        begin, used = time.monotonic(), server.cpu_seconds()
        with clients(
            server.otlp, clients=CLIENTS, series=SERIES, interval=1, seconds=minutes * 60, services=SERVICES
        ) as done:
            _watch(server, soaked, begin + minutes * 60)
        soaked.cpu_percent = (server.cpu_seconds() - used) / (time.monotonic() - begin) * 100
        soaked.done = done[0]
        soaked.arrived = server.sample("db_client_operation_duration_seconds_count")
    return soaked


def _watch(server: Exporter, soaked: Soaked, end: float) -> None:
    scraper = Scraper(server.web)
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(10, left))
        scraper.scrape()
        soaked.megabytes.append(server.resident_megabytes())
    scraper.close()
