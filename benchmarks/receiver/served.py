"""The exporter itself, as users run it, with clients and a scraper around it."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..exporter.scraping import Scraper

_CPU_CLOCK = 2  # a process' CPU clock (Linux: include/linux/posix-timers.h, CPUCLOCK_SCHED)
_PORTS = re.compile(r"listening on ([\d.:, ]+)")


@dataclass(frozen=True)
class Exporter:
    """A running `tachograph serve`."""

    process: subprocess.Popen[bytes]
    web: int
    otlp: int

    def cpu_seconds(self) -> float:
        """Return the CPU time it has used."""
        return time.clock_gettime_ns((~self.process.pid << 3) | _CPU_CLOCK) / 1e9

    def resident_megabytes(self) -> float:
        """Return its resident set's size."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s*(\d+)", status)[0]) / 1024

    def scrape(self) -> bytes:
        """Return what /metrics answers."""
        scraper = Scraper(self.web, encoding="")
        try:
            return scraper.scrape().body
        finally:
            scraper.close()

    def sample(self, name: str) -> float:
        """Return the sum of the samples of a name."""
        lines = self.scrape().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{name}[{{ ]", line))


@contextmanager
def exporter(*arguments: str) -> Iterator[Exporter]:
    """Run the exporter on free ports."""
    listen = ("--web.listen-address=127.0.0.1:0", "--otlp.listen-address=127.0.0.1:0")
    program = str(Path(sys.executable).with_name("tachograph"))
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([program, "serve", *listen, *arguments], stderr=log, stdout=log)
        try:
            yield Exporter(process, *_ports(process, log)[:2])
        finally:
            process.terminate()
            process.wait(10)


def _ports(process: "subprocess.Popen[bytes]", log: Any) -> list[int]:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        log.seek(0)
        if found := _PORTS.search(log.read()):
            return [int(one.rpartition(":")[2]) for one in found[1].split(",")]
        time.sleep(0.02)
    raise RuntimeError("the exporter did not start")


@contextmanager
def clients(
    port: int, *, clients: int, series: int, interval: float, seconds: float, services: int = 5
) -> Iterator[list[dict[str, Any]]]:
    """Have clients push; at the end, the list has what they have done."""
    plan: Sequence[object] = (port, clients, series, interval, seconds, services)
    argv = [sys.executable, "-m", "benchmarks.receiver.clients", *map(str, plan)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    done: list[dict[str, Any]] = []
    try:
        yield done
        output, _ = process.communicate()
        done.append(json.loads(output))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
