"""Histogram buckets as they come off the wire, and what to do where two processes drew them differently."""

from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from struct import Struct
from typing import Protocol

from .lanes import COUNT_MAX, LANE_BYTES, counts_of, pack, pack_counts, tops_of
from .refusal import Refused

_BOUNDS_MAX = 500


class Buckets(Protocol):
    """A histogram's arrays, still packed: fixed64 counts, one more than there are double bounds."""

    count: int
    counts: bytes
    bounds: bytes


class Drawing:
    """Where the buckets' bounds are; all series that have them there share it."""

    __slots__ = ("bounds", "counts_of", "raw", "raw_size", "size", "tops")

    def __init__(self, raw: bytes) -> None:
        bounds: tuple[float, ...] = Struct(f"<{len(raw) // 8}d").unpack(raw)
        if not all(map(isfinite, bounds)) or any(low >= high for low, high in pairwise(bounds)):
            raise Refused("bucket_counts")
        self.bounds = bounds
        self.raw = raw
        self.size = len(bounds) + 1
        self.raw_size = LANE_BYTES * self.size
        self.tops = tops_of(self.size)
        self.counts_of = counts_of(self.size)

    def lanes(self, point: Buckets, count: int) -> int:
        """Return the point's counts as lanes of these buckets; they must add up to its count."""
        raw = point.counts
        if point.bounds != self.raw:
            return self._redrawn(drawing(point.bounds), point, count)
        if len(raw) != self.raw_size or sum(self.counts_of(raw)) != count:
            raise Refused("bucket_counts")
        if count > COUNT_MAX:
            raise Refused("value_range")
        return pack(raw)

    def _redrawn(self, other: "Drawing", point: Buckets, count: int) -> int:
        """Count a bucket that lies across a bound above it, so that nothing is ever called faster than it was."""
        other.lanes(point, count)
        redrawn = [0] * self.size
        for place, value in zip(_places(other, self), other.counts_of(point.counts), strict=True):
            redrawn[place] += value
        return pack_counts(redrawn)


@lru_cache(maxsize=1024)
def drawing(raw: bytes) -> Drawing:
    """Return the drawing of a packed array of bounds; they must be finite and ascend."""
    if len(raw) % LANE_BYTES:
        raise Refused("bucket_counts")
    if len(raw) > LANE_BYTES * _BOUNDS_MAX:
        raise Refused("bucket_limit")
    return Drawing(raw)


@lru_cache(maxsize=256)
def _places(from_: Drawing, to: Drawing) -> tuple[int, ...]:
    return (*(bisect_left(to.bounds, upper) for upper in from_.bounds), len(to.bounds))
