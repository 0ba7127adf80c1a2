"""What the live page costs the exporter: nobody looking, one viewer, fifty; with the demo, and with 500 operations.
How long a person waits for it in Chromium.

`python -m benchmarks.live` writes benchmarks/results/live.md; `--quick` measures for a few seconds and writes nothing.
"""

import argparse
import os
import selectors
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import expect, sync_playwright

from tests.exporter.live.reporting import calls, report
from tests.fixtures.process import answers, command, free_port, running
from tests.fixtures.service import demo

from .exporter.machine import description

_RESULTS = Path(__file__).parent / "results" / "live.md"
_TICKS = os.sysconf("SC_CLK_TCK")
_VIEWERS = (0, 1, 50)
_OPERATIONS = 500
_OPENED = 20
_MOST_SECONDS = 1.0


@dataclass(frozen=True)
class Figure:
    """What one state of affairs cost."""

    load: str
    viewers: int
    cpu_percent: float
    resident_mb: float
    events: float
    kilobytes: float

    def line(self) -> str:
        """Return the row of the table."""
        received = f"{self.events:.2f} | {self.kilobytes:.1f}" if self.viewers else "- | -"
        return f"| {self.load} | {self.viewers} | {self.cpu_percent:.2f} % | {self.resident_mb:.0f} | {received} |"


@dataclass(frozen=True)
class Wait:
    """How long somebody who opens the page waits, in seconds: medians."""

    load: str
    painted: float
    loaded: float
    filled: float

    def line(self) -> str:
        """Return the row of the table."""
        verdict = "met" if max(self.painted, self.loaded) < _MOST_SECONDS else "not met"
        return f"| {self.load} | {self.painted:.2f} | {self.loaded:.2f} | {self.filled:.2f} | {verdict} |"


class Viewers:
    """Connections that read the stream and do nothing else."""

    def __init__(self, port: int, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        for one in self._sockets:
            one.sendall(b"GET /api/v1/live HTTP/1.1\r\nhost: exporter\r\n\r\n")
            self._selector.register(one, selectors.EVENT_READ)

    def read(self, seconds: float) -> tuple[int, int]:
        """Read for so long; return how many events and bytes came."""
        end = time.monotonic() + seconds
        events = received = 0
        while (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                data = key.fileobj.recv(1 << 18)  # type: ignore[union-attr]  # a socket
                events += data.count(b"\nevent: ") + data.startswith(b"event: ")
                received += len(data)
        return events, received

    def close(self) -> None:
        """Go."""
        for one in self._sockets:
            one.close()


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure for a few seconds; write nothing")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        figures, waits = _measured(Path(name), 3 if quick else 15)
    text = _text(figures, waits)
    sys.stdout.write(text)
    if not quick:
        _RESULTS.write_text(text)


def _measured(folder: Path, seconds: float) -> tuple[list[Figure], list[Wait]]:
    figures, waits = [], []
    for load, loaded in (("demo, 10 requests a second", _demo), (f"{_OPERATIONS} operations, all busy", _operations)):
        web, otlp = free_port(), free_port()
        flags = [f"--web.listen-address=127.0.0.1:{web}", f"--otlp.listen-address=127.0.0.1:{otlp}"]
        argv = [sys.executable, "-m", "tachograph_exporter", "serve", *flags]
        ready = f"http://127.0.0.1:{web}/-/ready"
        with (
            running(argv, log=folder / "log", ready=lambda ready=ready: answers(ready)) as process,  # type: ignore[misc]
            loaded(folder, f"http://127.0.0.1:{otlp}"),
        ):
            time.sleep(seconds)
            figures += [_figure(load, count, (process.pid, web), seconds) for count in _VIEWERS]
            waits.append(_wait(load, f"http://127.0.0.1:{web}/"))
    return figures, waits


def _figure(load: str, count: int, exporter: tuple[int, int], seconds: float) -> Figure:
    pid, port = exporter
    viewers = Viewers(port, count)
    viewers.read(2)
    before = _cpu_seconds(pid)
    began = time.monotonic()
    events, received = viewers.read(seconds)
    took = time.monotonic() - began
    percent = 100 * (_cpu_seconds(pid) - before) / took
    viewers.close()
    each = max(count, 1) * took
    return Figure(load, count, percent, _resident_mb(pid), events / each, received / each / 1000)


def _wait(load: str, url: str) -> Wait:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=command("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        opened = []
        for _ in range(_OPENED):
            page.goto(url)
            expect(page.locator("#operations tbody tr").first).to_be_visible()
            opened.append(page.evaluate(_TIMES))
        browser.close()
    return Wait(
        load, *(median(times) / 1000 for times in zip(*opened[1:], strict=True))
    )  # the first starts the browser


_TIMES = """[
    performance.getEntriesByType("paint").at(-1).startTime,
    performance.getEntriesByType("navigation")[0].loadEventEnd,
    performance.now(),
]"""


@contextmanager
def _demo(folder: Path, endpoint: str) -> Iterator[None]:
    with demo(folder, endpoint, "--rate=10"):
        yield


@contextmanager
def _operations(_folder: Path, endpoint: str) -> Iterator[None]:
    ended = threading.Event()
    reporting = threading.Thread(target=lambda: _repeat(ended, lambda at: _report_all(endpoint, at)))
    reporting.start()
    try:
        yield
    finally:
        ended.set()
        reporting.join()


def _repeat(ended: threading.Event, do: Callable[[int], None]) -> None:
    at = 1
    while not ended.wait(5):
        do(at)
        at += 5


def _report_all(endpoint: str, at: int) -> None:
    report(endpoint, *(calls(f"operation {number}", (at, at, at, 0, 0), at=at) for number in range(_OPERATIONS)))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _text(figures: list[Figure], waits: list[Wait]) -> str:
    lines = "\n".join(figure.line() for figure in figures)
    waited = "\n".join(wait.line() for wait in waits)
    return f"""# What the live page costs

`python -m benchmarks.live` on {description()}.
CPU is of one core and of the whole exporter: what it receives, samples and sends. The applications report every half
second (the demo) or every five; the last two columns are a viewer's.

| load | viewers | CPU | resident MB | events a second | kB a second |
| --- | --- | --- | --- | --- | --- |
{lines}

How long a person waits for it in Chromium on the same machine, in seconds from the click, medians of {_OPENED - 1}:
until something is painted, until all is loaded (at most {_MOST_SECONDS:g} s), until the first operation stands in it.

| load | painted | loaded | filled | |
| --- | --- | --- | --- | --- |
{waited}
"""


if __name__ == "__main__":
    main()
