"""What had been counted at the ends of the last so many slots, side by side in two arrays."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from .totals import Totals

_MODULUS = 1 << 32
_HALF = _MODULUS >> 1

State = tuple[Sequence[int], Sequence[float]]  # calls, errors and counts; seconds and extras


class Ends:
    """So many ends from the beginning on: what grows for minutes looks like a leak.

    Counts are kept modulo 2**32: what lies between two ends is right as long as it is less than half of that.
    """

    __slots__ = ("_counts", "_numbers", "_room", "_sums")

    def __init__(self, room: int, number: int, totals: Totals) -> None:
        self._room = room
        self._numbers = array("q", [number] * room)
        counts, sums = _state(totals)
        self._counts = array("I", list(counts) * room)
        self._sums = array("d", list(sums) * room)

    def add(self, number: int, totals: Totals) -> None:
        """Note what had been counted at the end of a slot; the oldest end is forgotten."""
        counts, sums = _state(totals)
        self._numbers.append(number)
        self._counts.extend([count % _MODULUS for count in counts])
        self._sums.extend(sums)
        del self._numbers[0], self._counts[: len(counts)], self._sums[: len(sums)]

    def widen(self, places: int) -> None:
        """Make room for more counts: of calls whose first ones have come only now."""
        width = len(self._counts) // self._room
        nothing = [0] * places
        wider = array("I")
        for start in range(0, len(self._counts), width):
            wider.extend([*self._counts[start : start + width], *nothing])
        self._counts = wider

    def since(self, number: int, now: Totals) -> Totals:
        """Return what was counted after the end of a slot, or the last end before it."""
        place = max(bisect_right(self._numbers, number) - 1, 0)
        return _difference(_state(now), self._at(place))

    def spent(self, first: int, number: int, now: Totals) -> Iterator[tuple[int, Totals]]:
        """Yield what was counted in each slot from the first one on, the one under way last."""
        before = self._at(0)
        for place in range(1, self._room):
            end = self._at(place)
            if self._numbers[place] >= first:
                yield self._numbers[place], _difference(end, before)
            before = end
        yield number, _difference(_state(now), before)

    def extras(self, number: int) -> Sequence[float]:
        """Return the extras as they were at the end of a slot."""
        return self._at(max(bisect_right(self._numbers, number) - 1, 0))[1][1:]

    def _at(self, place: int) -> State:
        whole, parts = len(self._counts) // self._room, len(self._sums) // self._room
        counts = self._counts[place * whole : (place + 1) * whole]
        return counts, self._sums[place * parts : (place + 1) * parts]


def _state(totals: Totals) -> State:
    return (totals.calls, totals.errors, *totals.counts), (totals.seconds, *totals.extras)


def _difference(now: State, before: State) -> Totals:
    grown = [(one - other) % _MODULUS for one, other in zip(now[0], before[0], strict=True)]
    calls, errors, *counts = [count if count < _HALF else 0 for count in grown]
    seconds, *extras = [max(0.0, one - other) for one, other in zip(now[1], before[1], strict=True)]
    return Totals(calls, errors, seconds, tuple(counts), tuple(extras))
