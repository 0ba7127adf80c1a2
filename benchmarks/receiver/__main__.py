"""Runs the measurements and writes benchmarks/results/receiver.md; `--quick` for a look, `--minutes` for the soak."""

import argparse
from pathlib import Path

from ..exporter.machine import description
from . import memory, peers, pushing, scraping, soak, storing, writing
from .report import Report

_RESULTS = Path(__file__).parents[1] / "results" / "receiver.md"


def main() -> None:
    """Measure and write."""
    arguments = _arguments()
    quick: bool = arguments.quick
    version = peers.collector_version()
    report = Report(description(), version)
    report.storing(storing.measure(1 if quick else 7))
    seconds = 3 if quick else 15
    report.pushing("tachograph", pushing.measure(pushing.ours, seconds=seconds))
    if version:
        report.pushing("OpenTelemetry Collector", pushing.measure(peers.collector, seconds=seconds))
    for lines in (10_000, 100_000):
        report.writing(writing.measure(lines, rounds=3 if quick else 15))
        scrapes = 5 if quick else 30
        report.scraping("tachograph", scraping.measure(pushing.ours, lines, scrapes=scrapes, encodings=("gzip",)))
        if version:
            found = scraping.measure(peers.collector, lines, scrapes=scrapes, encodings=("gzip",))
            report.scraping("OpenTelemetry Collector", found)
    report.memory(memory.a_series(), memory.resident())
    report.soak(soak.measure(arguments.minutes))
    text = report.text()
    print(text)
    if not quick:
        _RESULTS.write_text(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receiver", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; print and write nothing")
    parser.add_argument("--minutes", type=float, default=10, help="how long two hundred clients push")
    return parser.parse_args()


if __name__ == "__main__":
    main()
