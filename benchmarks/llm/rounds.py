"""Rounds in which all instrumentations take turns, each in its own process and environment."""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

from benchmarks.engine.rounds import receiver

from .peers import Peer

_WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Variant:
    """A row of the table."""

    name: str
    peer: Peer
    make: str
    mode: str = "keep"


def added_microseconds(scenario: str, variants: Sequence[Variant], *, rounds: int, calls: int) -> dict[str, float]:
    """Return the median of what each variant adds to the bare call in its environment, in microseconds of CPU time.

    Under "bare" is what the call takes by itself, in the first variant's environment.
    """
    with receiver() as endpoint:
        bare = {variant.peer.sdks: Variant("bare", variant.peer, "bare") for variant in reversed(variants)}
        workers = [_Worker(variant, scenario, endpoint) for variant in (*bare.values(), *variants)]
        try:
            for worker in workers:
                worker.run(calls)
            spent: list[list[float]] = [[] for _ in workers]
            for number in range(rounds):
                turn = number % len(workers)
                for place in (*range(turn, len(workers)), *range(turn)):
                    spent[place].append(workers[place].run(calls))
        finally:
            for worker in workers:
                worker.close()
    baselines = dict(zip(bare, spent, strict=False))
    added = {"bare": median(baselines[variants[0].peer.sdks]) * 1e6}
    for variant, own in zip(variants, spent[len(bare) :], strict=True):
        base = baselines[variant.peer.sdks]
        added[variant.name] = median(mine - its for mine, its in zip(own, base, strict=True)) * 1e6
    return added


class _Worker:
    def __init__(self, variant: Variant, scenario: str, endpoint: str) -> None:
        self._name = variant.name
        self._said = TemporaryFile()  # noqa: SIM115 - closed in `close`
        self._process = subprocess.Popen(
            [variant.peer.python(), "-W", "ignore", str(_WORKER), variant.make, scenario, endpoint, variant.mode],
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
            raise RuntimeError(f"{self._name}: {self._said.read().decode()[-2000:]}")
        return float(answer)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()
