"""What one process reports of one series, and how its reports become steps of the series' cell.

A cumulative stream is known by its attributes and its start: a process that restarts is another stream, and so is a
second process that has the same resource. A stream that falls back without a new start was reset.
"""

from math import isfinite
from typing import Protocol

from .buckets import Buckets
from .cells import Additive, Counter, Histogram, Latest
from .lanes import covers
from .order import Window, check_order
from .refusal import Refused


class NumberPoint(Protocol):
    """A data point of a sum or gauge as it comes off the wire; times are Unix nanoseconds."""

    start: int
    time: int
    as_double: float
    as_int: int


class HistogramPoint(Buckets, Protocol):
    """A data point of a histogram as it comes off the wire."""

    start: int
    time: int
    sum: float


def _number(point: NumberPoint) -> float:
    return point.as_double or point.as_int  # the one that was not sent is 0


def _check_total(value: float) -> None:
    if not isfinite(value):
        raise Refused("not_finite")
    if value < 0:
        raise Refused("negative")


class CounterStream:
    """A cumulative, monotonic sum."""

    __slots__ = ("cell", "start", "time", "value")

    def __init__(self, cell: Counter, start: int) -> None:
        self.cell = cell
        self.start = start
        self.time = 0
        self.value = 0.0

    def take(self, point: NumberPoint, *, counted: bool = True) -> None:
        """Add what the point counts beyond the last one; a point that is not `counted` is where the count begins."""
        time, value = point.time, point.as_double or point.as_int  # the one that was not sent is 0
        if time <= self.time:
            check_order(time, self.time)
        if value != self.value:
            _check_total(value)
            if counted:
                self.cell.total += value - self.value if value > self.value else value
            self.value = value
        self.time = time


class HistogramStream:
    """A cumulative histogram."""

    __slots__ = ("cell", "count", "lanes", "start", "sum", "time")

    def __init__(self, cell: Histogram, start: int) -> None:
        self.cell = cell
        self.start = start
        self.time = 0
        self.count = 0
        self.lanes = 0
        self.sum = 0.0

    def take(self, point: HistogramPoint, *, counted: bool = True) -> None:
        """Add what the point counts beyond the last one; a point that is not `counted` is where the count begins."""
        time, count = point.time, point.count
        if time <= self.time:
            check_order(time, self.time)
        if count != self.count:
            drawing, total = self.cell.drawing, point.sum
            lanes = drawing.lanes(point, count)
            if not isfinite(total):
                raise Refused("not_finite")
            if counted:
                if covers(lanes, self.lanes, drawing.tops):
                    self.cell.add(lanes - self.lanes, count - self.count, total - self.sum)
                else:
                    self.cell.add(lanes, count, total)
            self.lanes, self.count, self.sum = lanes, count, total
        self.time = time


class GaugeStream:
    """A gauge, or a cumulative up-down counter: only its last value matters."""

    __slots__ = ("cell", "start", "time", "value")

    def __init__(self, cell: Additive | Latest, start: int) -> None:
        self.cell = cell
        self.start = start
        self.time = 0
        self.value = 0.0
        cell.readings.append(self)

    def take(self, point: NumberPoint, *, counted: bool = True) -> None:  # noqa: ARG002 - gauges begin where they are
        """Replace the value."""
        if point.time <= self.time:
            check_order(point.time, self.time)
        self.value = _number(point)
        self.time = point.time


class CounterDelta(Window):
    """A monotonic sum of the time since the last report."""

    __slots__ = ("cell",)

    def __init__(self, cell: Counter, start: int) -> None:
        super().__init__(start)
        self.cell = cell

    def take(self, point: NumberPoint, *, counted: bool = True) -> None:  # noqa: ARG002 - a delta is all new
        """Add the point."""
        value = _number(point)
        _check_total(value)
        self.cover(point.start, point.time)
        self.cell.total += value


class HistogramDelta(Window):
    """A histogram of the time since the last report."""

    __slots__ = ("cell",)

    def __init__(self, cell: Histogram, start: int) -> None:
        super().__init__(start)
        self.cell = cell

    def take(self, point: HistogramPoint, *, counted: bool = True) -> None:  # noqa: ARG002 - a delta is all new
        """Add the point."""
        count, total = point.count, point.sum
        lanes = self.cell.drawing.lanes(point, count)
        if not isfinite(total):
            raise Refused("not_finite")
        self.cover(point.start, point.time)
        self.cell.add(lanes, count, total)


class GaugeDelta(Window):
    """An up-down counter that reports its steps."""

    __slots__ = ("cell", "value")

    def __init__(self, cell: Additive, start: int) -> None:
        super().__init__(start)
        self.cell = cell
        self.value = 0.0
        cell.readings.append(self)

    def take(self, point: NumberPoint, *, counted: bool = True) -> None:  # noqa: ARG002 - a delta is all new
        """Add the step."""
        step = _number(point)
        if not isfinite(step):
            raise Refused("not_finite")
        self.cover(point.start, point.time)
        self.value += step
