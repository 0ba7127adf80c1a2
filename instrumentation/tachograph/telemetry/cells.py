"""Cells: one series of one metric each, bound once and cheap to feed from any thread, signal handler or finaliser.

Feeding a cell is one append to a deque, which needs no lock: a lock would deadlock where a finaliser or a forked child
meets it held. Folding the deque into sums happens at collection, or in the caller every 512 values.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..model import Call, Labels, Metric
from . import native

_FOLD_AT = 512


Forward = Callable[[float, Call | None], None]
"""Takes a histogram's values where the application's own meter provider aggregates each of them."""


class Distribution(NamedTuple):
    """Values as a histogram keeps them; exemplars by bucket are a value and the ids of its trace and span."""

    counts: list[int]
    sum: float
    minimum: float
    maximum: float
    exemplars: dict[int, tuple[float, int, int]]


class Cell:
    """The part that all cells share."""

    __slots__ = ("_lock", "labels", "metric", "wire")

    def __init__(self, metric: Metric, labels: Labels) -> None:
        self.metric = metric
        self.labels = labels
        self.wire: bytes | None = None
        self.reset()

    def reset(self) -> None:
        """Start anew from nothing: after a fork, in the child."""
        self._lock = native.lock()

    def value(self) -> float | None:
        """Return the series' value now, None where nothing was measured yet; histograms have none."""
        return None


class SumCell(Cell):
    """A counter, or a sum that also falls."""

    __slots__ = ("_pending", "_total", "append", "touched")

    def reset(self) -> None:
        """Start anew from nothing."""
        super().reset()
        self._pending: deque[float] = deque()
        self.append = self._pending.append
        self._total: float = 0
        self.touched = False

    def add(self, value: float) -> None:
        """Add `value`; exact for integers of any size."""
        pending = self._pending
        pending.append(value)
        if len(pending) >= _FOLD_AT:
            self.fold(wait=False)

    def value(self) -> float | None:
        """Return the sum so far, None where nothing was ever added."""
        self.fold()
        return self._total if self.touched else None

    def fold(self, *, wait: bool = True) -> None:
        """Bring the sum up to date; whoever uses `append`, which is `add` without this, does it now and then."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            pending = self._pending
            for _ in range(len(pending)):
                self._total += pending.popleft()
                self.touched = True
        finally:
            self._lock.release()


class TallyCell(Cell):
    """A counter of ones: `count()` is a C function and costs what calling it costs."""

    __slots__ = ("_numbers", "_uncounted", "count")

    def __init__(self, metric: Metric, labels: Labels) -> None:
        self._numbers = itertools.count()
        self.count = self._numbers.__next__
        super().__init__(metric, labels)

    def count_all(self, number: int) -> None:
        """Count `number` ones."""
        next(itertools.islice(self._numbers, number, number), None)

    def reset(self) -> None:
        """Start anew from nothing; `count` stays the function that callers may have kept."""
        super().reset()
        self._uncounted = self.count() + 1

    def value(self) -> float | None:
        """Return the count so far, None where nothing was counted."""
        with self._lock:
            value = self.count() - self._uncounted
            self._uncounted += 1
        return value or None


class ActiveCell(Cell):
    """How many are under way: begun less ended."""

    __slots__ = ("_no_begin", "_no_end", "begin", "end")

    def __init__(self, metric: Metric, labels: Labels) -> None:
        self.begin = itertools.count().__next__
        self.end = itertools.count().__next__
        super().__init__(metric, labels)

    def reset(self) -> None:
        """Start anew from nothing."""
        super().reset()
        self._no_begin, self._no_end = self.begin() + 1, self.end() + 1

    def value(self) -> float | None:
        """Return how many are under way, None where none ever was."""
        with self._lock:
            begun, ended = self.begin() - self._no_begin, self.end() - self._no_end
            self._no_begin += 1
            self._no_end += 1
        # What began before a fork may end after it.
        return max(0, begun - ended) if begun else None


class GaugeCell(Cell):
    """The last value set."""

    __slots__ = ("last",)

    def reset(self) -> None:
        """Start anew from nothing."""
        super().reset()
        self.last: float | None = None

    def set(self, value: float) -> None:
        """Set the value."""
        self.last = value

    def value(self) -> float | None:
        """Return the last value, None where none was set."""
        return self.last


class HistogramCell(Cell):
    """A histogram with explicit buckets; exemplars are each bucket's last sampled value since the last collection."""

    __slots__ = ("_bounds", "_pending", "counts", "exemplars", "forward", "maximum", "minimum", "sum")

    def __init__(self, metric: Metric, labels: Labels) -> None:
        self._bounds = metric.buckets
        self.forward: Forward | None = None
        super().__init__(metric, labels)

    def reset(self) -> None:
        """Start anew from nothing."""
        super().reset()
        self._pending: deque[float | tuple[float, int, int]] = deque()
        self._empty()

    def _empty(self) -> None:
        self.counts = [0] * (len(self._bounds) + 1)
        self.sum = 0.0
        self.minimum = float("inf")
        self.maximum = float("-inf")
        self.exemplars: dict[int, tuple[float, int, int]] = {}

    def record(self, value: float, call: Call | None = None) -> None:
        """Record `value`, measured in `call` where there is one."""
        if self.forward is not None:
            self.forward(value, call)
            return
        pending = self._pending
        pending.append(value if call is None or not call.sampled else (value, call.trace_id, call.span_id))
        if len(pending) >= _FOLD_AT:
            self.fold(wait=False)

    def record_all(self, values: Sequence[float]) -> None:
        """Record several values that were measured in no call."""
        if self.forward is not None:
            for value in values:
                self.forward(value, None)
            return
        self._pending.extend(values)
        if len(self._pending) >= _FOLD_AT:
            self.fold(wait=False)

    def fold(self, *, wait: bool = True) -> None:
        """Bring `counts`, `sum` and the rest up to date."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            self._fold()
        finally:
            self._lock.release()

    def take(self) -> Distribution:
        """Return all since the last time, and begin anew."""
        with self._lock:
            self._fold()
            taken = Distribution(self.counts, self.sum, self.minimum, self.maximum, self.exemplars)
            self._empty()
        return taken

    def take_exemplars(self) -> dict[int, tuple[float, int, int]]:
        """Return the exemplars since the last time, by bucket."""
        exemplars, self.exemplars = self.exemplars, {}
        return exemplars

    def _fold(self) -> None:
        pending, bounds = self._pending, self._bounds
        taken = [pending.popleft() for _ in range(len(pending))]
        if not taken:
            return
        values: list[float] = []
        for one in taken:
            if type(one) is tuple:
                value = one[0]
                self.exemplars[bisect_left(bounds, value)] = one
                values.append(value)
            else:
                values.append(one)  # type: ignore[arg-type] # no tuple
        values.sort()
        below = 0
        for bucket, bound in enumerate(bounds):
            upto = bisect_right(values, bound, below)
            self.counts[bucket] += upto - below
            below = upto
        self.counts[-1] += len(values) - below
        self.sum += sum(values)
        self.minimum = min(self.minimum, values[0])
        self.maximum = max(self.maximum, values[-1])
