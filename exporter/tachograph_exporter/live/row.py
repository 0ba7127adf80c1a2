"""One row of a table and its last quarter of an hour, bounded."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite, isnan, nan

from .ends import Ends
from .slots import MINUTE_SECONDS, MINUTE_SLOTS, MINUTES, ROW_SECONDS, SPARK_SLOTS, WINDOW_SLOTS
from .tables import Table
from .totals import Bounds, Totals, quantile

Plain = dict[str, object]
Quantiles = tuple[float | None, float | None, float | None]
_NOTHING = Totals(0, 0, 0.0, (), ())


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
        self.slot = slot
        self._rate = array("f", [nan] * SPARK_SLOTS)
        self._p95 = array("f", [nan] * SPARK_SLOTS)
        self._memory: tuple[int, Totals, Totals] | None = None
        self._quantiles: tuple[Totals, Quantiles] | None = None
        self.now: Totals
        self._ends: Ends
        self._minutes: Ends
        self._begin(_NOTHING)

    def take(self, slot: int, totals: Totals, bounds: Bounds) -> None:
        """Take over what is counted now."""
        if len(totals.extras) != len(self.now.extras) or totals.fell_behind(self.now):
            self._begin(totals.nothing())
        elif (places := len(totals.counts) - len(self.now.counts)) > 0:
            self._ends.widen(places)
            self._minutes.widen(places)
            self.now = self.now._replace(counts=(*self.now.counts, *[0] * places))
        self.bounds = bounds
        if slot > self.slot:
            self._close(slot)
        self.now = totals

    def recent(self) -> Totals:
        """Return what was counted in the window: the last five minutes, and as much of a slot as has passed."""
        if self._memory is None or self._memory[0] != self.slot or self._memory[1] is not self.now:
            self._memory = self.slot, self.now, self._ends.since(self.slot - WINDOW_SLOTS, self.now)
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

    def minutes(self) -> Iterator[tuple[int, Totals, Sequence[float]]]:
        """Yield each minute's number, what was counted in it and its measures at its end, the one under way last."""
        minute = self.slot // MINUTE_SLOTS
        for number, spent in self._minutes.spent(minute - MINUTES, minute, self.now):
            yield number, spent, self.now.extras if number == minute else self._minutes.extras(number)

    def _begin(self, totals: Totals) -> None:
        """Count from these totals on."""
        self.now = totals
        self._ends = Ends(WINDOW_SLOTS, self.slot - WINDOW_SLOTS - 1, totals)
        self._minutes = Ends(MINUTES + 1, self.slot // MINUTE_SLOTS - MINUTES - 1, totals)

    def _close(self, slot: int) -> None:
        """Note how the slot ended that is over now; nothing happened in those that were passed over."""
        spent = self._ends.since(self.slot - 1, self.now)
        passed_over = min(slot - self.slot - 1, SPARK_SLOTS)
        p95 = quantile(0.95, self.bounds, spent.counts)
        self._rate.extend((spent.calls / ROW_SECONDS, *[0.0] * passed_over))
        self._p95.extend((nan if p95 is None else p95, *[nan] * passed_over))
        del self._rate[:-SPARK_SLOTS], self._p95[:-SPARK_SLOTS]
        self._ends.add(self.slot, self.now)
        if slot // MINUTE_SLOTS > self.slot // MINUTE_SLOTS:
            self._minutes.add(self.slot // MINUTE_SLOTS, self.now)
        self.slot = slot


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
        _minute(table, spent, states, epoch + (number + 1) * MINUTE_SECONDS) for number, spent, states in row.minutes()
    ]
    return shown | {"bounds": row.bounds, "minutes": [minute for minute in counted if minute]}


def _minute(table: Table, spent: Totals, states: Sequence[float], time: float) -> Plain:
    """Return one minute; nothing where nothing was counted in it."""
    if not any((spent.calls, *spent.extras)):
        return {}
    minute: Plain = {"end": round(time, 3), "calls": spent.calls}
    if table.duration:
        minute |= {"errors": spent.errors, "seconds": significant(spent.seconds), "counts": spent.counts}
    for measure, counted, state in zip(table.measures, spent.extras, states, strict=True):
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
