"""Histogram buckets as they come off the wire, and what to do where two processes drew them differently."""

from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from struct import Struct
from typing import Protocol

from .cells import Histogram
from .lanes import COUNT_MAX, LANE_BYTES, counts, pack, pack_counts
from .refusal import Refused


class Buckets(Protocol):
    """A histogram's arrays, still packed: fixed64 counts, one more than there are double bounds."""

    count: int
    counts: bytes
    bounds: bytes


def lanes_of(point: Buckets, cell: Histogram) -> int:
    """Return the point's counts as lanes of the cell's buckets."""
    values = validate(point)
    bounds = point.bounds
    return pack(point.counts) if bounds == cell.raw_bounds else redraw(values, bounds_of(bounds), cell.bounds)


def validate(point: Buckets) -> tuple[int, ...]:
    """Return the counts, which must match their bounds and add up to the point's count."""
    raw = point.counts
    if len(raw) != len(point.bounds) + LANE_BYTES or len(raw) % LANE_BYTES:
        raise Refused("bucket_counts")
    values = counts(raw)
    if sum(values) != point.count:
        raise Refused("bucket_counts")
    if point.count > COUNT_MAX:
        raise Refused("value_range")
    return values


@lru_cache(maxsize=1024)
def bounds_of(raw: bytes) -> tuple[float, ...]:
    """Return the bounds of a packed array; they must be finite and ascend."""
    bounds: tuple[float, ...] = Struct(f"<{len(raw) // 8}d").unpack(raw)
    if not all(map(isfinite, bounds)) or any(low >= high for low, high in pairwise(bounds)):
        raise Refused("bucket_counts")
    return bounds


def redraw(values: tuple[int, ...], bounds: tuple[float, ...], wanted: tuple[float, ...]) -> int:
    """Return lanes of the wanted buckets.

    A bucket that lies across a wanted bound is counted above it, so that nothing is ever called faster than it was.
    """
    redrawn = [0] * (len(wanted) + 1)
    for place, value in zip(_places(bounds, wanted), values, strict=True):
        redrawn[place] += value
    return pack_counts(tuple(redrawn))


@lru_cache(maxsize=256)
def _places(bounds: tuple[float, ...], wanted: tuple[float, ...]) -> tuple[int, ...]:
    return (*(bisect_left(wanted, upper) for upper in bounds), len(wanted))
