"""In which order reports came, and what of their time was counted before."""

from .refusal import Refused

_GAPS_MAX = 8


def check_order(time: int, last: int) -> None:
    """Refuse a cumulative report that is not newer than the last one; one without a time is taken at its word."""
    if time:
        raise Refused("duplicate" if time == last else "out_of_order")


class Window:
    """The time a delta stream has covered, so that what is sent twice counts once and what comes late still counts."""

    __slots__ = ("gaps", "start", "time")

    def __init__(self, start: int) -> None:
        self.start = start
        self.time = 0
        self.gaps: tuple[tuple[int, int], ...] = ()

    def cover(self, start: int, time: int) -> None:
        """Note that the time from start to time is counted now; refuse it if it was before."""
        if time > self.time:
            if start > self.time > 0:
                self.gaps = (*self.gaps, (self.time, start))[-_GAPS_MAX:]
            self.time = time
        elif time:
            self._fill(start, time)

    def _fill(self, start: int, time: int) -> None:
        for gap in self.gaps:
            begin, end = gap
            if start and begin <= start and time <= end:
                others = [other for other in self.gaps if other != gap]
                rest = [part for part in ((begin, start), (time, end)) if part[0] < part[1]]
                self.gaps = (*others, *rest)[-_GAPS_MAX:]
                return
        raise Refused("duplicate")
