"""Summaries: counts and sums that add up, and quantiles that do not."""

from collections.abc import Sequence
from math import isfinite
from typing import Protocol

from ..exposition.distribution import Quantiles
from .lanes import COUNT_MAX
from .order import check_order
from .refusal import Refused

_QUANTILES_MAX = 100


class Quantile(Protocol):
    """A quantile, from 0 to 1, and its value."""

    quantile: float
    value: float


class SummaryPoint(Protocol):
    """A data point as it comes off the wire."""

    start: int
    time: int
    count: int
    sum: float
    quantiles: Sequence[Quantile]


class Summary:
    """How many, their sum, and the quantiles that the last process to report had."""

    __slots__ = ("count", "idle_since", "quantiles", "streams", "sum")

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.quantiles: tuple[tuple[float, float], ...] = ()
        self.streams = 0
        self.idle_since = 0.0

    def published(self) -> Quantiles:
        """Return the state now."""
        return Quantiles(self.quantiles, self.count, self.sum)


class SummaryStream:
    """A cumulative summary."""

    __slots__ = ("cell", "count", "start", "sum", "time")

    def __init__(self, cell: Summary, start: int) -> None:
        self.cell = cell
        self.start = start
        self.time = 0
        self.count = 0
        self.sum = 0.0

    def take(self, point: SummaryPoint, *, counted: bool = True) -> None:
        """Add what the point counts beyond the last one; a point that is not `counted` is where the count begins."""
        if point.time <= self.time:
            check_order(point.time, self.time)
        if not isfinite(point.sum):
            raise Refused("not_finite")
        if self.cell.count + point.count > COUNT_MAX:
            raise Refused("value_range")
        grown = point.count >= self.count
        if counted:
            self.cell.count += point.count - (self.count if grown else 0)
            self.cell.sum += point.sum - (self.sum if grown else 0.0)
        if len(point.quantiles) > _QUANTILES_MAX:
            raise Refused("value_range")
        self.cell.quantiles = tuple(
            sorted((one.quantile, one.value) for one in point.quantiles if 0 <= one.quantile <= 1)
        )
        self.time, self.count, self.sum = point.time, point.count, point.sum
