"""Rounds in which all variants take turns, so that what else the machine does hits all alike."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryFile

from .peers import CHECKOUT

# asyncio receives into 256 KiB, which glibc may take from the system and give back each time, or not: as the heap lies.
# That is more than what is compared, so memory is kept.
_KEPT_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}
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
    do_PUT = do_POST
    def log_message(self, *args):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def on_one_core() -> None:
    """Keep this process and those it starts on one core.

    A server's answer then costs a switch between processes. To wake another core that idles costs up to twenty times
    as much where cores are virtual, and not twice the same.
    """
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def receiver() -> Iterator[str]:
    """Run an OTLP receiver that takes everything and keeps nothing, in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


@dataclass(frozen=True)
class Variant:
    """A row of a table: what serves it, and what serves the bare call that it is compared with."""

    name: str
    command: tuple[str, ...]
    bare: tuple[str, ...]


@dataclass(frozen=True)
class Added:
    """What the variants add, by name, in seconds of CPU time a call, one figure a round; and what bare calls take."""

    bare: Sequence[float]
    by_name: dict[str, Sequence[float]]

    def microseconds(self, name: str) -> float:
        """Return the median of what a variant adds."""
        return median(self.by_name[name]) * 1e6

    def share(self, name: str, of: str) -> float:
        """Return the median of the rounds' ratios of what two variants add."""
        pairs = zip(self.by_name[name], self.by_name[of], strict=True)
        return median(mine / theirs for mine, theirs in pairs if theirs > 0)


def added(variants: Sequence[Variant], *, rounds: int, calls: int, lives: int = 1) -> Added:
    """Measure what each variant adds to its bare call; the first variant's is the one that is told.

    In each of its `lives` every variant gets a new process, so that no process' luck with memory and hashes lasts.
    """
    commands = dict.fromkeys((*(variant.bare for variant in variants), *(variant.command for variant in variants)))
    spent: dict[tuple[str, ...], list[float]] = {command: [] for command in commands}
    for life in range(lives):
        with _serving(list(commands)) as workers:
            for worker in workers.values():
                worker.run(calls)
            for number in range(rounds):
                turn = (life + number) % len(workers)
                places = list(workers)
                for command in (*places[turn:], *places[:turn]):
                    spent[command].append(workers[command].run(calls))
    return Added(
        spent[variants[0].bare],
        {
            each.name: [own - base for own, base in zip(spent[each.command], spent[each.bare], strict=True)]
            for each in variants
        },
    )


@contextmanager
def _serving(commands: Sequence[tuple[str, ...]]) -> "Iterator[dict[tuple[str, ...], _Worker]]":
    workers = {command: _Worker(command) for command in commands}
    try:
        yield workers
    finally:
        for worker in workers.values():
            worker.close()


class _Worker:
    """A process that is told over stdin how many calls to make, and answers with their CPU time."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._said = TemporaryFile()  # noqa: SIM115 - closed in `close`
        self._process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=os.environ | _KEPT_MEMORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def run(self, calls: int) -> float:
        """Return the CPU seconds of one call of so many."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            print(calls, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            self._said.seek(0)
            raise RuntimeError(f"{' '.join(self._command)}: {self._said.read().decode()[-2000:]}")
        return float(answer)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()
