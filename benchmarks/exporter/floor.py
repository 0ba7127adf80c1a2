"""What reading and parsing the six main files of /proc costs at least, and what our collectors of them cost."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tachograph_exporter.host import Host
from tachograph_exporter.settings import COLLECTOR_TYPES

_FILES = ("stat", "meminfo", "diskstats", "net/dev", "vmstat", "loadavg")
_COLLECTORS = ("cpu", "stat", "meminfo", "diskstats", "netdev", "vmstat", "loadavg")
_BATCH = 20

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Floor:
    """Medians of CPU time in microseconds."""

    read: float
    read_and_parsed: float
    collected: float


def measure(rounds: int = 50) -> Floor:
    """Read, read and parse, and collect, in turn."""
    descriptors = [os.open(f"/proc/{name}", os.O_RDONLY) for name in _FILES]
    collectors = [COLLECTOR_TYPES[name](Host()) for name in _COLLECTORS]
    works: tuple[Work, ...] = (
        lambda: [_contents(descriptor) for descriptor in descriptors],
        lambda: [_parsed(_contents(descriptor)) for descriptor in descriptors],
        lambda: [list(collector.collect()) for collector in collectors],
    )
    spent = [[_microseconds(work) for work in works] for _ in range(rounds)]
    for descriptor in descriptors:
        os.close(descriptor)
    return Floor(*(median(column) for column in zip(*spent, strict=True)))


def _microseconds(work: Work) -> float:
    start = time.thread_time()
    for _ in range(_BATCH):
        work()
    return (time.thread_time() - start) / _BATCH * 1e6


def _parsed(data: bytes) -> list[list[float]]:
    return [[float(word) for word in line.split() if word.isdigit()] for line in data.splitlines()]


def _contents(descriptor: int) -> bytes:
    data = os.pread(descriptor, 1 << 16, 0)
    while more := os.pread(descriptor, 1 << 16, len(data)):
        data += more
    return data
