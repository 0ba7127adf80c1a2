"""One row of a table and its last quarter of an hour, bounded."""

from array import array
from collections import deque
from collections.abc import Iterable
from math import isfinite, isnan, nan

from .minutes import Minutes
from .slots import MINUTE_SECONDS, MINUTE_SLOTS, ROW_SECONDS, SPARK_SLOTS, WINDOW_SLOTS
from .tables import Table
from .totals import Bounds, Packed, Totals, quantile, unpacked

Plain = dict[str, object]
Quantiles = tuple[float | None, float | None, float | None]


class Row:
    """Counts of one set of labels, at the ends of slots, and the rate and the p95 of each slot."""

    __slots__ = (
        "_ends",
        "_memory",
        "_minutes",
        "_p95",
        "_quantiles",
        "_rate",
        "bounds",
        "key",
        "now",
        "number",
        "slot",
    )

    def __init__(self, number: int, key: tuple[str, ...], slot: int) -> None:
        self.number = number
        self.key = key
        self.bounds: Bounds = ()
        self.now = Totals(0, 0, 0.0, (), ())
        self.slot = slot
        self._ends: deque[tuple[int, Packed]] = deque()
        self._minutes = Minutes()
        self._rate = array("d", [nan] * SPARK_SLOTS)
        self._p95 = array("d", [nan] * SPARK_SLOTS)
        self._memory: tuple[int, Totals, Totals] | None = None
        self._quantiles: tuple[Totals, Quantiles] | None = None

    def take(self, slot: int, totals: Totals, bounds: Bounds) -> None:
        """Take over what is counted now."""
        if not self._ends or totals.fell_behind(self.now):
            self.now = totals.nothing()
            # all the room they will take, at once: what grows for minutes looks like a leak
            self._ends = deque((slot - WINDOW_SLOTS - 1, self.now.packed()) for _ in range(WINDOW_SLOTS + 1))
            self._minutes.clear()
        self.bounds = bounds
        if slot > self.slot:
            self._close(slot)
        self.now = totals

    def recent(self) -> Totals:
        """Return what was counted in the window: the last five minutes, and as much of a slot as has passed."""
        oldest = self.slot - WINDOW_SLOTS
        before = self._ends[0][1]
        for end, totals in self._ends:
            if end > oldest:
                break
            before = totals
        if self._memory is None or self._memory[0] != self.slot or self._memory[1] is not self.now:
            self._memory = self.slot, self.now, self._since(before)
        return self._memory[2]

    def quantiles(self, totals: Totals) -> Quantiles:
        """Return p50, p95 and p99 of calls; those of the last ones asked for are kept."""
        if self._quantiles is None or self._quantiles[0] is not totals:
            found = [significant(quantile(share, self.bounds, totals.counts)) for share in (0.5, 0.95, 0.99)]
            self._quantiles = totals, (found[0], found[1], found[2])
        return self._quantiles[1]

    def sparks(self) -> dict[str, list[float | None]]:
        """Return calls a second and p95 of the last slots, the oldest first."""
        return {"rate": _rounded(self._rate), "p95": _rounded(self._p95)}

    def minutes(self) -> list[tuple[int, Totals, Totals]]:
        """Return each minute's number, what was counted in it and the state at its end, the one under way last."""
        return self._minutes.spent(self.slot // MINUTE_SLOTS, self.now)

    def _close(self, slot: int) -> None:
        """Note how the slot ended that is over now; nothing happened in those that were passed over."""
        before = self._ends[-1][1]
        spent, now = self._since(before), self.now.packed()
        passed_over = min(slot - self.slot - 1, SPARK_SLOTS)
        p95 = quantile(0.95, self.bounds, spent.counts)
        self._rate.extend((spent.calls / ROW_SECONDS, *[0.0] * passed_over))
        self._p95.extend((nan if p95 is None else p95, *[nan] * passed_over))
        del self._rate[:-SPARK_SLOTS], self._p95[:-SPARK_SLOTS]
        if before != now:
            self._ends.append((self.slot, now))
            self._ends.popleft()
        if slot // MINUTE_SLOTS > self.slot // MINUTE_SLOTS:
            self._minutes.close(self.slot // MINUTE_SLOTS, now)
        self.slot = slot

    def _since(self, before: Packed) -> Totals:
        return self.now.since(unpacked(before, len(self.now.extras)))


def plain(table: Table, row: Row, seconds: float) -> Plain:
    """Return a row as JSON has it: what was counted in the window, which lasted so many seconds."""
    recent = row.now if table.lifelong else row.recent()
    calls = recent.calls
    shown: Plain = {"id": f"{table.name}/{row.number}", **dict(zip(table.fields, row.key, strict=True))}
    shown |= {"calls": calls, "calls_per_second": significant(calls / seconds) if seconds else 0.0}
    for measure, before, now in zip(table.measures, recent.extras, row.now.extras, strict=True):
        shown[measure.name] = significant(before if measure.counts else now)
    if table.duration:
        shown |= {"errors": recent.errors, "error_ratio": ratio(recent.errors, calls)}
    else:
        shown["hit_ratio"] = ratio(recent.extras[0], calls)
    shown["average_seconds"] = ratio(recent.seconds, sum(recent.counts))
    names = ("p50_seconds", "p95_seconds", "p99_seconds")
    return shown | dict(zip(names, row.quantiles(recent), strict=True))


def minutes(table: Table, row: Row, epoch: float) -> Plain:
    """Return a row's minutes as JSON has them; `epoch` is the time at which the history's clock stood at 0."""
    shown: Plain = {"id": f"{table.name}/{row.number}", **dict(zip(table.fields, row.key, strict=True))}
    counted = [
        _minute(table, spent, end, epoch + (number + 1) * MINUTE_SECONDS) for number, spent, end in row.minutes()
    ]
    return shown | {"bounds": row.bounds, "minutes": [minute for minute in counted if minute]}


def _minute(table: Table, spent: Totals, end: Totals, time: float) -> Plain:
    """Return one minute; nothing where nothing was counted in it."""
    if not any((spent.calls, *spent.extras)):
        return {}
    minute: Plain = {"end": round(time, 3), "calls": spent.calls}
    if table.duration:
        minute |= {"errors": spent.errors, "seconds": significant(spent.seconds), "counts": spent.counts}
    for measure, counted, state in zip(table.measures, spent.extras, end.extras, strict=False):
        minute[measure.name] = significant(counted if measure.counts else state)
    return minute


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole; None where there is no whole."""
    return significant(part / whole) if whole else None


def significant(value: float | None) -> float | None:
    """Return a figure with the four digits that a reader can use; None for what JSON cannot write."""
    return float(f"{value:.4g}") if value is not None and isfinite(value) else None


def _rounded(values: Iterable[float]) -> list[float | None]:
    return [None if isnan(value) else float(f"{value:.3g}") for value in values]
