"""From the families of one sample to the rows of the tables."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from ..exposition.distribution import Distribution
from ..exposition.metric import Labels, Metric
from .tables import Measure, Table
from .totals import Bounds, Totals

Key = tuple[str, ...]


class Sum:
    """What the series of one row add up to."""

    __slots__ = ("bounds", "calls", "counts", "errors", "extras", "seconds")

    def __init__(self, extras: int) -> None:
        self.bounds: Bounds = ()
        self.calls = 0
        self.errors = 0
        self.seconds = 0.0
        self.counts: tuple[int, ...] = ()
        self.extras = [0.0] * extras

    def add(self, observed: Distribution, *, failed: bool) -> None:
        """Add one series of the table's histogram."""
        counts = tuple(observed.counts)
        calls = sum(counts)
        self.calls += calls
        self.errors += calls if failed else 0
        self.seconds += observed.sum
        if not self.counts:
            self.bounds, self.counts = observed.bounds, counts
            return
        if observed.bounds != self.bounds:
            counts = _moved(observed, self.bounds)
        self.counts = tuple([one + other for one, other in zip(self.counts, counts, strict=True)])

    def totals(self, table: Table) -> Totals:
        """Return the sums; a table without a histogram counts its hits and misses."""
        calls = self.calls if table.duration else int(self.extras[0] + self.extras[1])
        return Totals(calls, self.errors, self.seconds, self.counts, tuple(self.extras))


def gather(table: Table, metrics: Iterable[Metric]) -> dict[Key, Sum]:
    """Return the rows' sums by their keys."""
    sums: dict[Key, Sum] = {}
    for metric in metrics:
        if metric.name in (table.duration, table.latency):
            _add_calls(table, metric, sums, table.labels)
        for name, label in table.also:
            if metric.name == name:
                _add_calls(table, metric, sums, (*table.labels[:-1], label))
        for place, measure in enumerate(table.measures):
            if measure.metric == metric.name:
                _add_measure(table, metric, sums, (place, measure))
    return sums


def key_of(labels: Sequence[str], names: Labels) -> Callable[[Labels], Key]:
    """Return what picks labels out of a series' values; one that the metric does not have is empty."""
    places = [names.index(label) if label in names else -1 for label in labels]
    return lambda values: tuple([values[place] if place >= 0 else "" for place in places])


def _add_calls(table: Table, metric: Metric, sums: dict[Key, Sum], labels: Sequence[str]) -> None:
    key = key_of(labels, metric.label_names)
    failed = "error_type" in metric.label_names
    for values, value in metric.rows:
        if isinstance(value, Distribution):
            _sum(sums, key(values), table).add(value, failed=failed)


def _add_measure(table: Table, metric: Metric, sums: dict[Key, Sum], measured: tuple[int, Measure]) -> None:
    place, measure = measured
    key = key_of(table.labels, metric.label_names)
    chosen = key_of((measure.label,), metric.label_names)
    for values, value in metric.rows:
        if chosen(values) == (measure.value,):
            _sum(sums, key(values), table).extras[place] += measure.read(value)


def _sum(sums: dict[Key, Sum], key: Key, table: Table) -> Sum:
    found = sums.get(key)
    if found is None:
        found = sums[key] = Sum(len(table.measures))
    return found


def _moved(observed: Distribution, bounds: Bounds) -> tuple[int, ...]:
    """Return counts in other buckets; what does not fit one exactly is counted in the one above."""
    counts = [0] * (len(bounds) + 1)
    for bound, count in zip(observed.bounds, observed.counts, strict=False):
        counts[bisect_left(bounds, bound)] += count
    counts[-1] += observed.counts[-1]
    return tuple(counts)
