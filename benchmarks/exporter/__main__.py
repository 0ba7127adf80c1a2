"""Runs the measurements and writes benchmarks/results/exporter.md; `--quick` for a look with few rounds."""

import argparse
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from . import exposition, floor, measuring, peers
from .crowd import crowd, processes
from .machine import description, version
from .report import Report
from .target import Server, Target

_RESULTS = Path(__file__).parents[1] / "results" / "exporter.md"
_CROWD = 2_000


def main() -> None:
    """Measure and write."""
    arguments = _arguments()
    report = Report(description(), _versions())
    _hosts(report, quick=arguments.quick)
    _starts(report, quick=arguments.quick)
    _crowd(report, quick=arguments.quick)
    report.exposition(exposition.measure())
    report.floor(floor.measure())
    text = report.text()
    print(text)
    if not arguments.quick:
        _RESULTS.parent.mkdir(exist_ok=True)
        _RESULTS.write_text(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exporter", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; print and write nothing")
    return parser.parse_args()


def _versions() -> str:
    node = version("prometheus-node-exporter", "--version")
    process = version("prometheus-process-exporter", "-version")
    glances = version(str(peers.glances_python()), "-m", "glances", "--version")
    return f"node_exporter {node}, process-exporter {process}, Glances {glances}"


def _hosts(report: Report, *, quick: bool) -> None:
    makers: Sequence[Callable[[], Target]] = (
        peers.tachograph_shared,
        peers.node_shared,
        peers.tachograph_defaults,
        peers.tachograph_receiving,
        peers.node_defaults,
        peers.psutil_exporter,
        peers.glances,
    )
    with serving([make() for make in makers]) as servers:
        hot = measuring.hot(servers, rounds=2 if quick else 7, scrapes=40 if quick else 100)
        paced = measuring.paced(servers, rounds=1 if quick else 5, scrapes=5 if quick else 12)
        idle = measuring.idle(servers, 5 if quick else 20)
        for server in servers:
            report.host(server, hot, paced, idle)
    report.ratios(hot, paced)


def _starts(report: Report, *, quick: bool) -> None:
    for make in (peers.tachograph_defaults, peers.tachograph_receiving, peers.node_defaults):
        target, seconds = make(), []
        for _ in range(3 if quick else 9):
            with serving([target]) as (server,):
                seconds.append(server.first_seconds)
        report.start(target.name, median(seconds), max(seconds))


def _crowd(report: Report, *, quick: bool) -> None:
    with crowd(_CROWD), serving([peers.tachograph_processes(), peers.process_exporter()]) as servers:
        report.crowd(processes(), measuring.hot(servers, rounds=2 if quick else 3, scrapes=4 if quick else 8))


@contextmanager
def serving(targets: Sequence[Target]) -> Iterator[list[Server]]:
    """Have the targets at work."""
    servers: list[Server] = []
    try:
        for target in targets:
            server = Server(target, _free_port())
            servers.append(server)
        yield servers
    finally:
        for server in servers:
            server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
