"""/metrics with many operation lines, scraped as Prometheus does, while clients push."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median, quantiles

from ..exporter.scraping import Scraper
from .load import LINES
from .served import Exporter, clients

PUSHERS = 50


@dataclass(frozen=True)
class Scraped:
    """How long scrapes took, as the scraper sees it, and what they cost the exporter."""

    lines: int
    encoding: str
    p50_milliseconds: float
    p95_milliseconds: float
    cpu_milliseconds: float


def measure(
    receiver: Callable[[], AbstractContextManager[Exporter]], lines: int, *, scrapes: int, encodings: Sequence[str]
) -> list[Scraped]:
    """Fill a receiver, keep the clients pushing once a second, and scrape it."""
    series = round(lines / LINES / PUSHERS)
    found = []
    with receiver() as server:
        for encoding in encodings:
            seconds = scrapes * 1.05 + 6
            with clients(server.otlp, clients=PUSHERS, series=series, interval=1, seconds=seconds, services=PUSHERS):
                time.sleep(4)
                found.append(_scrape(server, encoding, scrapes))
    return found


def _scrape(server: Exporter, encoding: str, scrapes: int) -> Scraped:
    scraper = Scraper(server.web, encoding=encoding)
    seconds, used = [], []
    scraper.scrape()
    for _ in range(scrapes):
        before = server.cpu_seconds()
        seconds.append(scraper.scrape().seconds)
        used.append(server.cpu_seconds() - before)
        time.sleep(max(0.05, 1 - seconds[-1]))
    scraper.close()
    lines = sum(b"service_name=" in line for line in server.scrape().splitlines())
    return Scraped(lines, encoding or "none", _ms(median(seconds)), _ms(_p95(seconds)), _ms(median(used)))


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1]


def _ms(seconds: float) -> float:
    return seconds * 1e3
