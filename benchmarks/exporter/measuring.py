"""The measurements: each asks all servers in turn, so that what else the machine does hits all alike."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from .target import Server


@dataclass
class Figures:
    """What was measured of one server, a value a round."""

    cpu_milliseconds: list[float] = field(default_factory=list)
    p50_milliseconds: list[float] = field(default_factory=list)

    def add(self, cpu_seconds: float, latencies: Sequence[float]) -> None:
        """Take a round's CPU time and its scrapes' latencies."""
        self.cpu_milliseconds.append(cpu_seconds / len(latencies) * 1e3)
        self.p50_milliseconds.append(median(latencies) * 1e3)


Measured = Mapping[str, Figures]


def hot(servers: Sequence[Server], *, rounds: int, scrapes: int) -> Measured:
    """Scrape each server as fast as it answers."""
    measured = {server.target.name: Figures() for server in servers}
    for number in range(rounds):
        for server in _in_turn(servers, number):
            before = server.cpu_seconds()
            latencies = [server.scraper.scrape().seconds for _ in range(scrapes)]
            measured[server.target.name].add(server.cpu_seconds() - before, latencies)
    return measured


def paced(servers: Sequence[Server], *, rounds: int, scrapes: int, interval_seconds: float = 1.0) -> Measured:
    """Scrape each server once an interval, one after another within it, as Prometheus spreads its targets."""
    measured = {server.target.name: Figures() for server in servers}
    for number in range(rounds):
        order = _in_turn(servers, number)
        before = {server.target.name: server.cpu_seconds() for server in order}
        latencies: dict[str, list[float]] = {server.target.name: [] for server in order}
        for _ in range(scrapes):
            end = time.perf_counter() + interval_seconds
            for server in order:
                latencies[server.target.name].append(server.scraper.scrape().seconds)
                time.sleep(0.02)
            time.sleep(max(0.0, end - time.perf_counter()))
        for server in order:
            name = server.target.name
            measured[name].add(server.cpu_seconds() - before[name], latencies[name])
    return measured


def idle(servers: Sequence[Server], seconds: float) -> dict[str, float]:
    """Return the share of a core, in percent, that each uses while nobody asks."""
    before = {server.target.name: server.cpu_seconds() for server in servers}
    time.sleep(seconds)
    return {
        server.target.name: (server.cpu_seconds() - before[server.target.name]) / seconds * 100 for server in servers
    }


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over the rounds of our figure by theirs."""
    return median(our / their for our, their in zip(ours, theirs, strict=True))


def _in_turn(servers: Sequence[Server], number: int) -> list[Server]:
    start = number % len(servers)
    order = [*servers[start:], *servers[:start]]
    return order[::-1] if number % 2 else order
