"""One scrape: every source's metrics, none of which can hold up or spoil the others'."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from time import monotonic, perf_counter
from typing import NamedTuple, Protocol, runtime_checkable

from .collectors.collector import NoData
from .exposition.metric import Metric

_logger = logging.getLogger(__name__)


class Source(Protocol):
    """What is scraped: a collector, the store of received metrics, the exporter itself."""

    @property
    def name(self) -> str:
        """Its name in collect[], in flags and in the metrics on the scrape."""

    def collect(self) -> Iterable[Metric]:
        """Return its metrics as they are now."""


@runtime_checkable
class Guest(Source, Protocol):
    """A source whose metrics are other programs', and may be named as the exporter's own."""

    @property
    def brought(self) -> Collection[str]:
        """The names of others' families in what was collected last."""

    def beside(self, others: Iterable[Metric]) -> Iterable[Metric]:
        """Return what was collected last, without what repeats a series of the exporter's own families."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long one source may take, and a whole scrape."""

    source_seconds: float = 2.0
    scrape_seconds: float = 9.5  # half a second less than Prometheus waits unless told otherwise


class Outcome(NamedTuple):
    """What came of asking one source."""

    source: str
    metrics: Sequence[Metric]
    seconds: float
    error: str = ""
    level: int = logging.WARNING


class UnknownSource(ValueError):  # noqa: N818 - the message is for the user
    """A source was named that there is none of."""


class Scraper:
    """Asks the sources, one after another, in a thread that is left behind where one of them hangs.

    `own` is the exporter itself: it is in every scrape, whichever sources were chosen. A scraper that takes the place
    of one `before` goes on with its thread, and knows which sources hang.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        own: Source | None = None,
        deadlines: Deadlines | None = None,
        before: "Scraper | None" = None,
    ) -> None:
        self.sources = tuple(sources)
        self._own = own
        self.deadlines = deadlines or Deadlines()
        self.standing: _Standing = before.standing if before else _Standing()
        self._labels = {source.name: (source.name,) for source in self.sources}
        self._guests = {source.name: source for source in self.sources if isinstance(source, Guest)}

    def select(self, *, only: Collection[str] = (), without: Collection[str] = ()) -> tuple[Source, ...]:
        """Return the named sources, or all but the named ones; raise UnknownSource for a name that is none."""
        names = {source.name for source in self.sources}
        for name in (*only, *without):
            if name not in names:
                raise UnknownSource(f"unknown collector {name!r}; there are {', '.join(sorted(names))}")
        return tuple(
            source for source in self.sources if (not only or source.name in only) and source.name not in without
        )

    def start(
        self, sources: Sequence[Source], finish: Callable[[list[Metric]], None], *, seconds: float = float("inf")
    ) -> "Round":
        """Begin a scrape; `finish` is called with all its metrics, in the thread that asked the last source.

        Whoever starts a round calls its `relieve` when it is `due`, until it is finished. Rounds must not overlap.
        """
        deadlines = Deadlines(self.deadlines.source_seconds, min(seconds, self.deadlines.scrape_seconds))
        scrape = Round(self, sources, finish, deadlines)
        self.go_on(scrape)
        return scrape

    def scrape(self, sources: Sequence[Source] | None = None) -> list[Metric]:
        """Ask the sources and wait for the answer."""
        answer: list[Metric] = []
        finished = threading.Event()

        def finish(metrics: list[Metric]) -> None:
            answer.extend(metrics)
            finished.set()

        scrape = self.start(self.sources if sources is None else sources, finish)
        while not finished.wait(max(0.0, scrape.due - monotonic())):
            scrape.relieve()
        return answer

    def ask(self, source: Source) -> Outcome:
        """Ask one source; whatever it raises costs only itself."""
        if source in self.standing.hung:
            return Outcome(source.name, (), 0.0, "has not come back from an earlier scrape")
        start = perf_counter()
        try:
            metrics = list(source.collect())
        except NoData as nothing:
            return Outcome(source.name, (), perf_counter() - start, str(nothing) or "no data", logging.DEBUG)
        except Exception as error:  # noqa: BLE001 - the one place that catches all: no source may cost another
            return Outcome(source.name, (), perf_counter() - start, f"{type(error).__name__}: {error}")
        return Outcome(source.name, metrics, perf_counter() - start)

    def go_on(self, scrape: "Round", *, without: Source | None = None) -> None:
        """Let the thread ask the next sources; a new thread, where the old one does not come back from a source."""
        if without:
            self.standing.hung.add(without)
            self.standing.worker = _Worker()
        self.standing.worker.do(scrape.run)

    def take_back(self, source: Source) -> None:
        """Ask a source again from the next scrape on: it came back after all."""
        self.standing.hung.discard(source)

    def report(self, outcomes: Iterable[Outcome]) -> list[Metric]:
        """Return the exporter's own metrics, the outcomes' and those on the outcomes; log what is new."""
        metrics = list(self.ask(self._own).metrics) if self._own else []
        labels, errors = self._labels, self.standing.errors
        seconds = []
        success = []
        brought: list[tuple[Guest, Sequence[Metric]]] = []
        for source, found, spent, error, level in outcomes:
            guest = self._guests.get(source)
            if found and guest and guest.brought:
                brought.append((guest, found))
            else:
                metrics += found
            seconds.append((labels[source], spent))
            success.append((labels[source], 0.0 if error else 1.0))
            if error != errors.get(source, ""):
                errors[source] = error
                _log(source, error, level)
        metrics.append(Metric("node_scrape_collector_duration_seconds", "gauge", _DURATION, _COLLECTOR, seconds))
        metrics.append(Metric("node_scrape_collector_success", "gauge", _SUCCESS, _COLLECTOR, success))
        for guest, found in brought:
            metrics += _beside(metrics, guest, found)
        return metrics


def _beside(metrics: Sequence[Metric], guest: Guest, found: Sequence[Metric]) -> Iterable[Metric]:
    names = frozenset(guest.brought)
    others = [metric for metric in metrics if metric.name in names]
    return guest.beside(others) if others else found


def _log(source: str, error: str, level: int) -> None:
    if error:
        _logger.log(level, "collector %s: %s", source, error)
    else:
        _logger.info("collector %s: well again", source)


_COLLECTOR = ("collector",)
_DURATION = "node_exporter: Duration of a collector scrape."
_SUCCESS = "node_exporter: Whether a collector succeeded."


class Round:
    """The state of one scrape, shared by the threads that work on it and the one that watches them."""

    def __init__(
        self,
        scraper: Scraper,
        sources: Sequence[Source],
        finish: Callable[[list[Metric]], None],
        deadlines: Deadlines,
    ) -> None:
        self._scraper = scraper
        self._finish = finish
        self._source_seconds = deadlines.source_seconds
        self._end = monotonic() + deadlines.scrape_seconds
        self._pending = deque(sources)
        self._outcomes: list[Outcome] = []
        self._lock = threading.Lock()
        self._current: Source | None = None
        self._shift = 0
        self.due = monotonic() + deadlines.source_seconds

    def run(self) -> bool:
        """Ask the sources that are left; return whether this thread was still the one to do so at the end."""
        shift, ask = self._shift, self._scraper.ask
        source = self._take(shift)
        while source:
            outcome = ask(source)
            asked, source = source, self._take(shift, outcome)
            if shift != self._shift:
                self._scraper.take_back(asked)
                return False
        self._finish(self._scraper.report(self._outcomes))
        return True

    def relieve(self) -> None:
        """Where a source's time is up, go on without it."""
        with self._lock:
            source = self._current
            if source is None or monotonic() < self.due:
                return
            self._shift += 1
            self._current = None
            error = f"did not answer within {self._source_seconds:g} s"
            self._outcomes.append(Outcome(source.name, (), self._source_seconds, error))
            self._scraper.go_on(self, without=source)

    def _take(self, shift: int, outcome: Outcome | None = None) -> Source | None:
        """Note the outcome of the source before and return the next; None at the end and for a thread that was left."""
        now = monotonic()
        with self._lock:
            if shift != self._shift:
                return None
            if outcome:
                self._outcomes.append(outcome)
            while self._pending and now > self._end:
                late = self._pending.popleft()
                self._outcomes.append(Outcome(late.name, (), 0.0, "not asked: the scrape's time was up"))
            self._current = self._pending.popleft() if self._pending else None
            self.due = min(now + self._source_seconds, max(self._end, now + 0.01))
            return self._current


class _Standing:
    """What outlives a configuration: the thread that asks, which sources hang, and what was wrong with which."""

    def __init__(self) -> None:
        self.worker = _Worker()
        self.hung: set[Source] = set()
        self.errors: dict[str, str] = {}


class _Worker:
    """A thread that does one job after another, until a job says that it was given up."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], bool]] = SimpleQueue()
        self._started = False

    def do(self, job: Callable[[], bool]) -> None:
        self._jobs.put(job)
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="scrape", daemon=True).start()

    def _run(self) -> None:
        while self._jobs.get()():
            pass
