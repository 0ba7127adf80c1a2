"""A Prometheus that holds the series of a whole company, and what the boards ask of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import debian
from tests.fixtures import prometheus
from tests.fixtures.prometheus import Prometheus

from . import boards, crowd
from .boards import Query
from .conftest import END, fill

# What Grafana chooses for the last twenty minutes, but for the rates: here there is a sample every four minutes.
CHOICES = {"__rate_interval": "9m", "__interval": "15s", "__range": "20m", "__range_s": "1200"}
NEWEST = debian.CACHE / debian.NEWEST_SUITE / "usr" / "bin" / "prometheus"


@dataclass(frozen=True)
class Answer:
    """What an answer cost: the samples that were read for it, and how long it took."""

    samples: int
    seconds: float


@dataclass(frozen=True)
class Company:
    """The running Prometheus."""

    prometheus: Prometheus

    def series(self) -> int:
        """Return how many series there are."""
        found = self.prometheus.get("query", query='count({__name__=~".+"})', time=str(END))["result"]
        return int(found[0]["value"][1])

    def version(self) -> str:
        """Return the server's name and version."""
        return f"Prometheus {self.prometheus.get('status/buildinfo')['version']}"

    def answer(self, query: Query) -> Answer:
        """Ask what a panel asks when its board is opened."""
        when = {"time": str(END)} if query.instant else _LAST_MINUTES
        path = "query" if query.instant else "query_range"
        expression = boards.filled(query.expression, CHOICES)
        began = time.monotonic()
        told = self.prometheus.get(path, query=expression, stats="all", **when)
        return Answer(told["stats"]["samples"]["totalQueryableSamples"], time.monotonic() - began)


_LAST_MINUTES = {"start": str(END - crowd.MINUTES * 60), "end": str(END), "step": "15"}


@contextmanager
def company(folder: Path) -> Iterator[Company]:
    """Run the newest Prometheus over the company's series, kept in a folder."""
    fill(folder, crowd.lines(end=END))
    flags = ("--storage.tsdb.retention.time=100y",)
    with prometheus.server(folder, "scrape_configs: []", *flags, binary=str(NEWEST)) as server:
        yield Company(server)


def questions() -> list[Query]:
    """Return what all boards ask; what several ask, once."""
    every = (query for board in boards.boards() for query in boards.queries(board))
    return list({(query.expression, query.instant): query for query in every}.values())
