"""The metrics that were received, one service's processes summed."""

from collections.abc import Callable, Iterable, Iterator
from logging import getLogger
from threading import Lock
from time import monotonic

from ..exposition.metric import Labels, Metric, gauge
from .cells import Additive, Cell, Latest, Total, is_silent
from .family import Family
from .limits import Limits
from .refusal import Refused
from .source import Block, Point, Shape, Source, Stream
from .tally import Tally

_logger = getLogger(__name__)
_GRACE_SECONDS = 10
_GONE_MAX = 10_000
_WARNED_MAX = 1_000
_SWEEP_SECONDS = 30.0
_PRESSED_SECONDS = 5.0
_TAKEN_PREFIXES = ("node_", "tachograph_exporter_", "tachograph_otlp_", "tachograph_store_")
_TAKEN = {
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
    "target",
    "target_info",
}
_CURRENT = ("gauge", "info", "unknown")  # kinds of which only what live processes say counts
_INFORMATION = "The resource of a process that reports; it stands once where processes share all but their identity."


class Store:
    """Sums what processes report. Whoever reads or writes holds `lock`; `metrics` takes it itself."""

    name = "otlp"

    def __init__(self, limits: Limits | None = None, *, clock: Callable[[], float] = monotonic) -> None:
        self.limits = limits or Limits()
        self.lock = Lock()
        self.tally = Tally()
        self.sources: dict[bytes, Source] = {}
        self.series = 0
        self.streams = 0
        self.blocks = 0
        self._clock = clock
        self._opened = clock()
        self._swept = self._opened
        self._pressed = self._opened
        self._families: dict[str, Family] = {}
        self._claimed: set[str] = set()
        self._gone: dict[bytes, float] = {}
        self._warned: set[str] = set()

    def collect(self) -> Iterable[Metric]:
        """Return all metrics; a scrape asks for them by this name."""
        return self.metrics()

    def metrics(self) -> Iterator[Metric]:
        """Yield what was received, as it is now, and what was counted on the way."""
        with self.lock:
            self.sweep()
            families = list(self._families.values())
        for family in families:
            with self.lock:
                metrics = list(family.metrics())
            yield from metrics
        with self.lock:
            own = [*self._information(), *self._own()]
        yield from own

    def touch(self, source: Source) -> None:
        """Note that the process reports."""
        source.seen = self._clock()

    def add_source(self, source: Source) -> Source:
        """Keep a new process; one that was gone goes on where it was last counted."""
        if len(self.sources) >= self.limits.processes:
            self._make_room()
        if len(self.sources) >= self.limits.processes:
            raise Refused("process_limit")
        source.since = self._gone.pop(source.key, self._opened - _GRACE_SECONDS)
        self.sources[source.key] = source
        return source

    def family(self, name: str, shape: Shape, documentation: str, unit: str = "") -> Family:
        """Return the family of the name, new or known; one name has one type."""
        family = self._families.get(name)
        if family is None:
            return self._add_family(Family(name, shape.kind, documentation, unit))
        if family.kind != shape.kind:
            self._warn(name, f"is a {family.kind} to some and a {shape.kind} to others, whose points are refused")
            raise Refused("type_conflict")
        return family

    def _add_family(self, family: Family) -> Family:
        if family.name in _TAKEN or family.name.startswith(_TAKEN_PREFIXES):
            self._warn(family.name, "is a name of the exporter's own, so points are refused")
            raise Refused("name_taken")
        if len(self._families) >= self.limits.families:
            raise Refused("metric_limit")
        if not self._claimed.isdisjoint(family.claims):
            self._warn(family.name, f"cannot be a {family.kind} beside what has its name already: points are refused")
            raise Refused("type_conflict")
        self._claimed |= family.claims
        self._families[family.name] = family
        return family

    def add_block(self, key: tuple[object, ...], block: Block) -> None:
        """Keep a new metric of a process."""
        if self.blocks >= self.limits.streams:
            self._make_room()
        if self.blocks >= self.limits.streams:
            raise Refused("metric_limit")
        block.source.blocks[key] = block
        self.blocks += 1

    def open(self, block: Block, point: Point) -> Stream | None:
        """Return the stream of the point: one that is known by other bytes, or a new one.

        None means that the point was taken as the beginning of a count that others have seen more of.
        """
        attributes = list(point.attributes)
        if (stream := block.find(attributes, point.start)) is not None:
            return stream
        if self.streams >= self.limits.streams:
            self._make_room()
        if self.streams >= self.limits.streams:
            raise Refused("stream_limit")
        cell = self._cell(block, point, *block.labels_of(attributes))
        stream = block.shape.stream(cell, block.start(point.start))
        counted = block.shape.delta or self._is_new(block.source, point)
        if not counted:
            stream.take(point, counted=False)
        if isinstance(cell, Total):
            cell.streams += 1
        self.streams += 1
        block.put(attributes, stream)
        return stream if counted else None

    def end(self, block: Block, point: Point) -> None:
        """Note that a process says of a series that it has no value any more: its gauge is gone, its counts stay."""
        stream = block.find(list(point.attributes), point.start)
        if stream is not None and block.shape.kind in _CURRENT:
            block.remove(stream)
            self._release(stream, self._clock())

    def sweep(self) -> None:
        """Forget the processes that fell silent, and the series nobody reports any more; from time to time only."""
        now = self._clock()
        if now - self._swept >= min(_SWEEP_SECONDS, self.limits.expiry_seconds / 2):
            self._swept = now
            self._sweep(now, self.limits.process_seconds)

    def _warn(self, name: str, why: str) -> None:
        if name not in self._warned and len(self._warned) < _WARNED_MAX:
            self._warned.add(name)
            _logger.warning("received metric %s %s", name, why)

    def _make_room(self) -> None:
        now = self._clock()
        if now - self._pressed >= _PRESSED_SECONDS:
            self._pressed = now
            self._sweep(now, self.limits.expiry_seconds)

    def _sweep(self, now: float, silent_seconds: float) -> None:
        for source in [source for source in self.sources.values() if now - source.seen > silent_seconds]:
            self._forget(source, now)
        for source in self.sources.values():
            for block in source.blocks.values():
                self._drop_stale(block, now)
        self._remove_cells(now)

    def _is_new(self, source: Source, point: Point) -> bool:
        # Both times are the sender's, so its clock may be wrong. What began before us was counted by whoever ran
        # before us: counting it again would look like a burst.
        if not point.start:
            return source.known
        age = (point.time - point.start) / 1e9
        return bool(age <= self._clock() - source.since)

    def _cell(self, block: Block, point: Point, names: Labels, values: Labels) -> Cell:
        family = block.family
        if (cell := family.find(names, values)) is not None:
            return cell
        cell = block.shape.cell(point)
        if family.size < self.limits.metric_series and self.series < self.limits.series:
            family.put(names, values, cell)
            self.series += 1
            return cell
        if isinstance(cell, Latest):
            raise Refused("series_limit")  # the newest of unrelated gauges says nothing
        self.tally.fold()
        before = family.size
        kept = family.overflow(*block.source.overflow, cell)
        self.series += family.size - before
        return kept

    def _forget(self, source: Source, now: float) -> None:
        for block in source.blocks.values():
            for stream in block.all():
                self._release(stream, now)
        del self.sources[source.key]
        self.blocks -= len(source.blocks)
        self._gone[source.key] = source.seen
        while len(self._gone) > _GONE_MAX:
            del self._gone[next(iter(self._gone))]

    def _drop_stale(self, block: Block, now: float) -> None:
        # A cumulative counter's last value must be kept as long as its process may report it again.
        if block.shape.kind in _CURRENT:
            seconds = self.limits.expiry_seconds
        elif block.shape.delta:
            seconds = self.limits.counter_expiry_seconds
        else:
            return
        silent = now - block.source.seen
        oldest = max((stream.time for stream in block.all()), default=0) - (seconds - silent) * 1e9
        for stream in block.drop(lambda stream: stream.time < oldest):
            self._release(stream, now)

    def _release(self, stream: Stream, now: float) -> None:
        self.streams -= 1
        cell = stream.cell
        if isinstance(cell, Additive | Latest):
            cell.readings.remove(stream)  # type: ignore[arg-type]  # what has such a cell is a Reading
            return
        cell.streams -= 1
        cell.idle_since = now

    def _remove_cells(self, now: float) -> None:
        oldest = now - self.limits.counter_expiry_seconds

        def gone(cell: Cell) -> bool:
            if isinstance(cell, Additive | Latest):
                return is_silent(cell)
            return not cell.streams and cell.idle_since < oldest

        used = {id(block.family) for source in self.sources.values() for block in source.blocks.values()}
        for family in list(self._families.values()):
            self.series -= family.remove(gone)
            if not family.size and id(family) not in used:
                del self._families[family.name]
                self._claimed -= family.claims

    def _information(self) -> Iterator[Metric]:
        by_names: dict[Labels, dict[Labels, None]] = {}
        oldest = self._clock() - self.limits.expiry_seconds
        for source in self.sources.values():
            names, values = source.information
            if source.seen < oldest:
                continue
            by_names.setdefault(names, {})[values] = None
        for names, rows in by_names.items():
            yield Metric("target_info", "info", _INFORMATION, names, [(values, 1.0) for values in rows])

    def _own(self) -> Iterator[Metric]:
        yield from self.tally.metrics()
        yield gauge("tachograph_store_series", "Series of received metrics; a histogram is one.", self.series)
        yield gauge("tachograph_store_streams", "Series of single processes behind the series.", self.streams)
        yield gauge("tachograph_store_processes", "Processes that are known.", len(self.sources))
