"""What a row counted in each minute of the last quarter of an hour: for who needs more than a rate and a p95."""

from collections import deque

from .slots import MINUTES
from .totals import Packed, Totals, unpacked


class Minutes:
    """The counts at the ends of minutes; a minute is known by its number."""

    __slots__ = ("_complete", "_ends")

    def __init__(self) -> None:
        self._ends: deque[tuple[int, Packed]] = deque()
        self._complete = True

    def close(self, minute: int, totals: Packed) -> None:
        """Note what had been counted when a minute was over."""
        same = self._ends and self._ends[-1][1] == totals
        self._ends.append((minute, self._ends[-1][1] if same else totals))
        while self._ends[0][0] < minute - MINUTES:
            self._ends.popleft()
            self._complete = False

    def clear(self) -> None:
        """Forget: the counts began anew."""
        self._ends.clear()
        self._complete = True

    def spent(self, minute: int, now: Totals) -> list[tuple[int, Totals, Totals]]:
        """Return the minutes, the one under way last: its number, what was counted in it, and the state at its end."""
        ends = [*((number, unpacked(end, len(now.extras))) for number, end in self._ends), (minute, now)]
        before = None
        if not self._complete:
            before = ends.pop(0)[1]
        found = []
        for number, totals in ends:
            found.append((number, totals.since(before), totals))
            before = totals
        return found
