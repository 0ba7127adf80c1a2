"""Rounds in which all variants take turns, so that what else the machine does hits all alike."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.peers import CHECKOUT
from benchmarks.rounds import receiver


@dataclass(frozen=True)
class Variant:
    """One of the things compared: its name in the table, its maker, and with what options."""

    name: str
    make: str
    options: Mapping[str, Any] = field(default_factory=dict)


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
            cwd=CHECKOUT,
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
