"""Exponential histograms, counted into classic buckets.

A bucket of scale s and index i holds values in (base**i, base**(i+1)], base = 2**(2**-s) (OpenTelemetry metrics data
model, ExponentialHistogram). It is counted where its upper bound lies, so that nothing is called faster than it was.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite
from typing import Protocol

from .cells import Histogram
from .lanes import COUNT_MAX, covers, pack_counts
from .order import Window, check_order
from .refusal import Refused

_ROUNDING = 1 - 1e-12  # a bound that is a power of the base must not be missed by the last bit
_SCALES = range(-10, 21)
_BUCKETS_MAX = 320  # a side; SDKs have 160
_INDEX_MAX = 1 << 31


class Side(Protocol):
    """The buckets of the positive or the negative values."""

    offset: int
    counts: Sequence[int]


class ExponentialPoint(Protocol):
    """A data point as it comes off the wire."""

    start: int
    time: int
    count: int
    sum: float
    scale: int
    zero_count: int
    zero_threshold: float
    positive: Side
    negative: Side


@dataclass(frozen=True, slots=True)
class Exponential:
    """A point's buckets, each side as (offset, counts)."""

    scale: int
    zero_count: int
    zero_threshold: float
    positive: tuple[int, tuple[int, ...]]
    negative: tuple[int, tuple[int, ...]]

    def at(self, scale: int) -> "Exponential":
        """Return the same in the wider buckets of a smaller scale."""
        if scale >= self.scale:
            return self
        shift = self.scale - scale
        positive, negative = _merge(*self.positive, shift), _merge(*self.negative, shift)
        return Exponential(scale, self.zero_count, self.zero_threshold, positive, negative)

    def lanes(self, bounds: tuple[float, ...]) -> int:
        """Return the counts as lanes of classic buckets."""
        found = [0] * (len(bounds) + 1)
        found[bisect_left(bounds, self.zero_threshold)] += self.zero_count
        for (offset, counts), places in ((self.positive, _above), (self.negative, _below)):
            for place, count in zip(places(self.scale, offset, len(counts), bounds), counts, strict=True):
                found[place] += count
        return pack_counts(found)


def read(point: ExponentialPoint) -> Exponential:
    """Return a point's buckets; refuse those that do not add up."""
    positive, negative = point.positive, point.negative
    sides = ((positive.offset, tuple(positive.counts)), (negative.offset, tuple(negative.counts)))
    if point.count != point.zero_count + sum(sides[0][1]) + sum(sides[1][1]):
        raise Refused("bucket_counts")
    if max(len(counts) for _, counts in sides) > _BUCKETS_MAX:
        raise Refused("bucket_limit")
    if point.scale not in _SCALES:
        raise Refused("value_range")
    if not isfinite(point.sum) or not isfinite(point.zero_threshold):
        raise Refused("not_finite")
    if point.count > COUNT_MAX:
        raise Refused("value_range")
    return Exponential(point.scale, point.zero_count, point.zero_threshold, *sides)


class ExponentialStream:
    """A cumulative exponential histogram. Its scale shrinks as its values spread."""

    __slots__ = ("buckets", "cell", "count", "start", "sum", "time")

    def __init__(self, cell: Histogram, start: int) -> None:
        self.cell = cell
        self.start = start
        self.time = 0
        self.count = 0
        self.sum = 0.0
        self.buckets = Exponential(_SCALES[-1], 0, 0.0, (0, ()), (0, ()))

    def take(self, point: ExponentialPoint, *, counted: bool = True) -> None:
        """Add what the point counts beyond the last one; a point that is not `counted` is where the count begins."""
        if point.time <= self.time:
            check_order(point.time, self.time)
        if point.count != self.count:
            self._step(read(point), point.count, point.sum, counted=counted)
        self.time = point.time

    def _step(self, buckets: Exponential, count: int, total: float, *, counted: bool) -> None:
        cell, drawing = self.cell, self.cell.drawing
        bounds = drawing.bounds
        if counted:
            scale = min(buckets.scale, self.buckets.scale)
            lanes, last = buckets.at(scale).lanes(bounds), self.buckets.at(scale).lanes(bounds)
            if count > self.count and covers(lanes, last, drawing.tops):
                cell.add(lanes - last, count - self.count, total - self.sum)
            else:
                cell.add(buckets.lanes(bounds), count, total)
        self.buckets, self.count, self.sum = buckets, count, total


class ExponentialDelta(Window):
    """An exponential histogram of the time since the last report."""

    __slots__ = ("cell",)

    def __init__(self, cell: Histogram, start: int) -> None:
        super().__init__(start)
        self.cell = cell

    def take(self, point: ExponentialPoint, *, counted: bool = True) -> None:  # noqa: ARG002 - a delta is all new
        """Add the point."""
        buckets = read(point)
        self.cover(point.start, point.time)
        self.cell.add(buckets.lanes(self.cell.drawing.bounds), point.count, point.sum)


def _merge(offset: int, counts: tuple[int, ...], shift: int) -> tuple[int, tuple[int, ...]]:
    if not counts:
        return 0, ()
    first = offset >> shift
    merged = [0] * (((offset + len(counts) - 1) >> shift) - first + 1)
    for index, count in enumerate(counts, offset):
        merged[(index >> shift) - first] += count
    return first, tuple(merged)


@lru_cache(maxsize=256)
def _above(scale: int, offset: int, size: int, bounds: tuple[float, ...]) -> tuple[int, ...]:
    uppers = (_power(scale, index + 1) for index in range(offset, offset + size))
    return tuple([bisect_left(bounds, upper * _ROUNDING) for upper in uppers])


@lru_cache(maxsize=256)
def _below(scale: int, offset: int, size: int, bounds: tuple[float, ...]) -> tuple[int, ...]:
    uppers = (-_power(scale, index) for index in range(offset, offset + size))
    return tuple([bisect_left(bounds, upper) for upper in uppers])


def _power(scale: int, index: int) -> float:
    """Return base**index; what is beyond a float's range is infinite."""
    try:
        return float(2.0 ** (index * 2.0**-scale))
    except OverflowError:
        return inf
