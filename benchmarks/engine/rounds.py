"""Rounds in which all variants take turns, so that what else the machine does hits all alike."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

_CHECKOUT = Path(__file__).parents[2]
_RECEIVER = """
import socketserver, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class Variant:
    """One of the things compared: its name in the table, its maker, and with what options."""

    name: str
    make: str
    options: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def receiver() -> Iterator[str]:
    """Run an OTLP receiver that takes everything and keeps nothing, in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def added_microseconds(baseline: Variant, variants: Sequence[Variant], *, rounds: int, calls: int) -> dict[str, float]:
    """Return the median of what each variant adds to the baseline, in microseconds of CPU time a call."""
    with receiver() as endpoint:
        workers = {variant.name: _Worker(variant, endpoint) for variant in (baseline, *variants)}
        for worker in workers.values():
            worker.run(calls)
        spent: dict[str, list[float]] = {name: [] for name in workers}
        names = list(workers)
        for number in range(rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                spent[name].append(workers[name].run(calls))
        for worker in workers.values():
            worker.close()
    bare = spent[baseline.name]
    return {
        variant.name: median(own - base for own, base in zip(spent[variant.name], bare, strict=True)) * 1e6
        for variant in variants
    }


class _Worker:
    def __init__(self, variant: Variant, endpoint: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", variant.make, endpoint, json.dumps(dict(variant.options))],
            cwd=_CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, calls: int) -> float:
        """Return the CPU seconds of one call of so many."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(calls, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
