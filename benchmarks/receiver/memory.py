"""What a series costs in memory, and the exporter's resident set with ten thousand of them."""

import gc
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass

from tachograph_exporter.exposition.text import OpenMetricsWriter
from tachograph_exporter.otlp.metrics import MetricsIntake
from tachograph_exporter.otlp.options import Options
from tachograph_exporter.store import Store

from ..exporter.scraping import Scraper
from .load import LINES, Export
from .served import clients, exporter

_SERIES = 2_000
_SECONDS, _SCRAPE_SECONDS = 30, 3


@dataclass(frozen=True)
class Bytes:
    """Bytes a histogram of 17 buckets and seven labels; the last is once a process that reports it."""

    published: float
    written: float
    a_process: float
    exemplars: float


@dataclass(frozen=True)
class Resident:
    """Resident megabytes."""

    what: str
    megabytes: float


def a_series() -> Bytes:
    """Return what Python allocates for each."""
    gc.collect()
    tracemalloc.start()
    store = Store()
    intake, writer = MetricsIntake(store, Options()), OpenMetricsWriter()
    start = _taken(intake, Export(1, process=99))
    one = _taken(intake, Export(_SERIES, process=0))
    two = _taken(intake, Export(_SERIES, process=1))
    three = _taken(intake, Export(_SERIES, process=2, exemplars=1))
    writer.write(store.metrics())
    gc.collect()
    four, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    process = two - one
    return Bytes(*(size / _SERIES for size in (one - start - process, four - three, process, three - two - process)))


def resident() -> Sequence[Resident]:
    """Return the exporter's resident set: idle, then with 10,000 lines and 10,000 histograms of four processes each."""
    found = []
    for what, series in (("no client", 0), ("10,000 lines", 10_000 // LINES), ("10,000 histograms", 10_000)):
        with exporter() as server:
            scraper = Scraper(server.web)
            scraper.scrape()
            if series:
                with clients(server.otlp, clients=4, series=series // 4, interval=2, seconds=_SECONDS, services=4):
                    for _ in range(_SECONDS // _SCRAPE_SECONDS):
                        time.sleep(_SCRAPE_SECONDS)
                        scraper.scrape()
            scraper.scrape()
            scraper.close()
            found.append(Resident(what, server.resident_megabytes()))
    return found


def _taken(intake: MetricsIntake, export: Export) -> int:
    intake.take(export.body())
    del export
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
