"""One level of one cache: its hits and misses, how long its misses took to load, and what its hits saved."""

from collections.abc import Callable, Iterator
from time import perf_counter_ns

from .. import loads, names
from ..harmless import harmless
from ..loads import Load
from ..model import Label, Labels, Observation
from ..telemetry.hub import HUB
from . import metrics
from .members import Members

HIT = (names.CACHE_REQUEST_RESULT, "hit")
MISS = (names.CACHE_REQUEST_RESULT, "miss")
EXPIRED = (names.CACHE_MISS_REASON, "expired")
CAPACITY = (names.CACHE_EVICTION_REASON, "capacity")
TOO_OLD = (names.CACHE_EVICTION_REASON, "expired")
MADE = "load"
_PENDING_LIMIT = 1_024


class Level:
    """What is counted under one name and level; several caches of one name and level are counted together.

    `hits` is asked for the number of hits so far where something else counts them. Keys are known by their hash alone,
    and no longer than their load.
    """

    def __init__(self, name: str, level: str) -> None:
        self.name = name
        self.level = level
        self.labels: Labels = ((names.CACHE_NAME, name), (names.CACHE_LEVEL, level))
        registry = HUB.registry
        self._hits = registry.tally(metrics.REQUESTS, (*self.labels, HIT))
        self._misses = registry.tally(metrics.REQUESTS, (*self.labels, MISS))
        self.hit: Callable[[], int] = self._hits.count
        self.counted_elsewhere: list[Callable[[], float]] = []
        self.members = Members(self.labels)
        # Whether a hit here may be what another level of this cache is waiting for.
        self.is_source = False
        self.pending: dict[int, Load] = {}
        self._loads = 0
        self._seconds = 0.0
        self._usd = 0.0
        self._saving = _Saving()
        registry.observe(metrics.SAVED_TIME, self._saved_seconds)
        registry.observe(metrics.SAVED_COST, self._saved_usd)

    @harmless
    def missed(self, key: object, *, expired: bool = False) -> None:
        """Count a miss; its load begins."""
        if expired:
            HUB.registry.sum(metrics.REQUESTS, (*self.labels, MISS, EXPIRED)).add(1)
        else:
            self._misses.count()
        pending = self.pending
        if len(pending) >= _PENDING_LIMIT:
            pending.pop(next(iter(pending)), None)
        load = pending[hash(key)] = Load(self.name, self.level)
        load.begin()

    @harmless
    def missed_only(self) -> None:
        """Count a miss of which nobody knows the key."""
        self._misses.count()

    def hits(self, number: int) -> None:
        """Count several hits at once."""
        self._hits.count_all(number)
        if self.is_source:
            self.hit_again()

    @harmless
    def hit_again(self) -> None:
        """Tell loads of other levels that the value was found here; call it where `is_source`."""
        loads.found(self.name, self.level)

    @harmless
    def stored(self, key: object) -> None:
        """Take note that a value was set; where a miss of its key was seen, its load has ended."""
        load = self.pending.pop(hash(key), None)
        if load is not None:
            self.loaded(load)

    @harmless
    def loaded(self, load: Load) -> None:
        """Take note that a load has ended, with a value."""
        load.done = True
        seconds = (perf_counter_ns() - load.started_ns) / 1e9
        self._loads += 1
        self._seconds += seconds
        self._usd += load.usd
        registry, source = HUB.registry, load.source or MADE
        labels = (*self.labels, (names.CACHE_LOAD_SOURCE, source))
        registry.histogram(metrics.LOAD_DURATION, labels).record(seconds)
        if load.source is not None:
            registry.sum(metrics.PROMOTIONS, labels).add(1)
        if load.usd:
            registry.sum(metrics.LOAD_COST, self.labels).add(load.usd)

    @harmless
    def evicted(self, entries: int, reason: Label) -> None:
        """Count entries that had to go: CAPACITY or TOO_OLD."""
        if entries:
            HUB.registry.sum(metrics.EVICTIONS, (*self.labels, reason)).add(entries)

    def _saved_seconds(self) -> Iterator[Observation]:
        self._settle()
        if self._saving.seconds:
            yield self.labels, self._saving.seconds

    def _saved_usd(self) -> Iterator[Observation]:
        self._settle()
        if self._saving.usd:
            yield self.labels, self._saving.usd

    def _settle(self) -> None:
        hits = (self._hits.value() or 0) + sum(count() for count in self.counted_elsewhere)
        if self._saving.started_ns != HUB.registry.started_ns:
            # All series began anew: in a forked child, or after a shutdown.
            self._saving = _Saving()
        if self._loads:
            self._saving.settle(hits, self._seconds / self._loads, self._usd / self._loads)


class _Saving:
    """What the hits so far saved, each by the mean load when it was asked about."""

    def __init__(self) -> None:
        self.started_ns = HUB.registry.started_ns
        self._hits = 0.0
        self.seconds = 0.0
        self.usd = 0.0

    def settle(self, hits: float, seconds: float, usd: float) -> None:
        """Take account of the hits since the last time."""
        new = max(0.0, hits - self._hits)
        self._hits = hits
        self.seconds += new * seconds
        self.usd += new * usd


_levels: dict[tuple[str, str], Level] = {}


def level_of(name: str, level: str) -> Level:
    """Return the level of that name."""
    found = _levels.get((name, level))
    if found is None:
        found = _levels[name, level] = Level(name, level)
        first = min(each.level for each in _levels.values() if each.name == name)
        for each in _levels.values():
            if each.name == name:
                each.is_source = each.level > first
    return found
