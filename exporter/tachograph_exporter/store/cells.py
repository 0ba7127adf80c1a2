"""What is published of one series: the sum, or the latest value, of the processes behind it."""

from bisect import bisect_left
from typing import Protocol

from ..exposition.distribution import Counted, Distribution, Exemplar
from .buckets import Drawing
from .lanes import COUNT_MAX, Counts
from .refusal import Refused
from .summary import Summary


class Reading(Protocol):
    """What one process last said of a gauge."""

    time: int
    value: float


class Counter:
    """A total that only grows; the processes add their steps to it."""

    __slots__ = ("exemplar", "idle_since", "streams", "total")

    def __init__(self) -> None:
        self.total = 0.0
        self.exemplar: Exemplar | None = None
        self.streams = 0
        self.idle_since = 0.0

    def keep(self, exemplar: Exemplar) -> None:
        """Keep the exemplar; one is all there is room for on a counter."""
        self.exemplar = exemplar

    def published(self) -> float | Counted:
        """Return the total."""
        return Counted(self.total, self.exemplar) if self.exemplar else self.total


class Histogram:
    """Counts a bucket, as lanes, and the sum of what was observed."""

    __slots__ = ("count", "drawing", "exemplars", "idle_since", "lanes", "streams", "sum")

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.lanes = 0
        self.count = 0
        self.sum = 0.0
        self.exemplars: dict[int, Exemplar] | None = None
        self.streams = 0
        self.idle_since = 0.0

    def add(self, lanes: int, count: int, total: float) -> None:
        """Add a step: its counts as lanes, how many they are, and the sum of what was observed."""
        if self.count + count > COUNT_MAX:
            raise Refused("value_range")
        self.lanes += lanes
        self.count += count
        self.sum += total

    def keep(self, exemplar: Exemplar) -> None:
        """Keep the exemplar as the last one of its bucket."""
        if self.exemplars is None:
            self.exemplars = {}
        self.exemplars[bisect_left(self.drawing.bounds, exemplar.value)] = exemplar

    def published(self) -> Distribution:
        """Return the state now."""
        drawing = self.drawing
        size = drawing.size
        exemplars = [self.exemplars.get(bucket) for bucket in range(size)] if self.exemplars else ()
        return Distribution(drawing.bounds, Counts(self.lanes, size), self.sum, exemplars)


class Additive:
    """An up-down counter: the sum of what the live processes last said."""

    __slots__ = ("readings",)

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def published(self) -> float:
        """Return the sum."""
        return float(sum(reading.value for reading in self.readings))


class Latest:
    """A gauge, which cannot be added up: the newest of what the live processes said."""

    __slots__ = ("readings",)

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def published(self) -> float:
        """Return the newest value."""
        return max(self.readings, key=_time).value


Total = Counter | Histogram | Summary
Cell = Total | Additive | Latest


def is_silent(cell: Cell) -> bool:
    """Tell whether it is a gauge of which no live process says anything."""
    return isinstance(cell, Additive | Latest) and not cell.readings


def _time(reading: Reading) -> int:
    return reading.time
