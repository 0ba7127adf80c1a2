"""The servers that are measured: started alike, asked alike, stopped by their own ids."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .scraping import Scraper

# A process's CPU clock, in nanoseconds (Linux: include/linux/posix-timers.h, CPUCLOCK_SCHED).
_CPU_CLOCK = 2
_START_SECONDS = 30

Command = Callable[[int], Sequence[str]]


@dataclass(frozen=True)
class Target:
    """A server and how to start it; the command is given its port."""

    name: str
    command: Command
    path: str = "/metrics"


class Server:
    """A target at work."""

    def __init__(self, target: Target, port: int) -> None:
        self.target = target
        self.port = port
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            target.command(port), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.scraper = Scraper(port, path=target.path)
        self._first()
        self.first_seconds = time.perf_counter() - begun

    def _first(self) -> None:
        end = time.perf_counter() + _START_SECONDS
        while True:
            try:
                self.scraper.scrape()
            except OSError:
                if self.process.poll() is not None or time.perf_counter() > end:
                    raise RuntimeError(f"{self.target.name} did not start") from None
                time.sleep(0.001)
            else:
                return

    def cpu_seconds(self) -> float:
        """Return the CPU time the process has used."""
        return time.clock_gettime_ns((~self.process.pid << 3) | _CPU_CLOCK) / 1e9

    def resident_megabytes(self) -> float:
        """Return the resident set's size."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s*(\d+)", status)[0]) / 1024

    def series(self) -> int:
        """Return how many series a scrape answers."""
        scraper = Scraper(self.port, path=self.target.path, encoding="")
        try:
            return sum(not line.startswith(b"#") for line in scraper.scrape().body.splitlines() if line)
        finally:
            scraper.close()

    def stop(self) -> None:
        """End it."""
        self.scraper.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def tachograph(*arguments: str) -> Command:
    """Return the command of our exporter, with flags."""
    program = str(Path(sys.executable).with_name("tachograph"))
    return lambda port: [program, "serve", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error", *arguments]
