"""Samples for the history: once a second while somebody looks, else every few seconds, and never at much cost."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from time import monotonic, thread_time

from ..exposition.metric import Metric
from ..scrape import Scraper, Source
from .host import SELDOM

_logger = logging.getLogger(__name__)

_WATCHED_SECONDS, _WATCHED_SHARE = 1.0, 0.04
_IDLE_SECONDS, _IDLE_SHARE = 5.0, 0.004
_LONGEST_SECONDS = 30.0
_PROCESSES_SECONDS, _STALE_SECONDS = 3.0, 15.0
_PROCESSES = "processes"
_SELDOM_SECONDS = 30.0
_APART_SECONDS = 0.2  # enough for the kernel's hundredths of a second to tell who works


class Sampler:
    """Asks the sources, one round at a time, and lets `take` digest the answer in the thread that asked."""

    def __init__(self, scraper: Scraper, take: Callable[[Sequence[Metric]], None], *, watched: Callable[[], bool]):
        self._scraper = scraper
        self._take = take
        self._watched = watched
        self._turn = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._cost_seconds = self._spent_seconds = 0.0
        self._sampled = self._processes_sampled = float("-inf")
        self._processes_seen = False
        self._seldom_sampled = monotonic() + _IDLE_SECONDS / 2 - _SELDOM_SECONDS

    def want(self) -> None:
        """Sample soon: somebody has come to look."""
        self._wanted.set()

    async def run(self) -> None:
        """Sample for ever, at the beginnings of equal intervals."""
        due = monotonic()
        while True:
            try:
                await self.sample()
            except Exception:
                _logger.exception("a sample for the live page failed")
            self._wanted.clear()
            due += self.interval_seconds
            try:
                await asyncio.wait_for(self._wanted.wait(), max(0.0, due - monotonic()))
            except TimeoutError:
                due = max(due, monotonic() - _WATCHED_SECONDS / 2)
            else:
                due = monotonic()

    async def fresh(self) -> None:
        """See to it that the last sample, that of the processes too, is a second old at most.

        What processes use is known from the second time on that they are looked at.
        """
        if not self._processes_seen:
            await self.sample(processes=True)
            await asyncio.sleep(_APART_SECONDS)
        if not self._processes_seen or monotonic() - self._sampled > _WATCHED_SECONDS:
            await self.sample(processes=True)

    def replace(self, scraper: Scraper, *, release: Callable[[Scraper], None]) -> "asyncio.Task[None]":
        """Ask other sources from now on; release the old ones when no round uses them any more."""
        old, self._scraper = self._scraper, scraper

        async def let_go() -> None:
            async with self._turn:
                release(old)

        return asyncio.get_running_loop().create_task(let_go())

    @property
    def interval_seconds(self) -> float:
        """How long to wait: longer where a sample costs much."""
        if self._watched():
            return min(max(_WATCHED_SECONDS, self._cost_seconds / _WATCHED_SHARE), _LONGEST_SECONDS)
        return min(max(_IDLE_SECONDS, self._cost_seconds / _IDLE_SHARE), _LONGEST_SECONDS)

    async def sample(self, *, processes: bool = False) -> None:
        """Take one sample."""
        async with self._turn:
            started = monotonic()
            self._sampled = started
            without = self._left_out(started, processes=processes)
            await self._round([source for source in self._scraper.sources if source.name not in without])

    def _left_out(self, now: float, *, processes: bool) -> set[str]:
        """Return the sources that are not asked this time: what is dear and changes little is asked seldom."""
        without: set[str] = set()
        age = now - self._processes_sampled
        wait = _PROCESSES_SECONDS if self._processes_seen else _WATCHED_SECONDS / 2
        if processes or (self._watched() and age > wait):
            self._processes_seen = age < _STALE_SECONDS
            self._processes_sampled = now
        else:
            without.add(_PROCESSES)
        if now - self._seldom_sampled < _SELDOM_SECONDS:
            without.update(SELDOM)
        else:
            self._seldom_sampled = now
        return without

    async def _round(self, sources: Sequence[Source]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def finish(metrics: list[Metric]) -> None:
            error = None
            try:
                self._take(metrics)
            except Exception as raised:  # noqa: BLE001 - carried over to the loop, which reports it
                error = raised
            self._count(thread_time())
            loop.call_soon_threadsafe(_settle, done, error)

        scrape = self._scraper.start(tuple(sources), finish)
        while not done.done():
            await asyncio.wait((done,), timeout=max(0.0, scrape.due - loop.time()))
            scrape.relieve()
        done.result()

    def _count(self, spent: float) -> None:
        """Note what the thread has spent: all of it is for samples, and one that was left behind counts no more."""
        cost = spent - self._spent_seconds if spent >= self._spent_seconds else spent
        self._spent_seconds = spent
        self._cost_seconds = 0.8 * self._cost_seconds + 0.2 * cost


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if not done.done() and error:
        done.set_exception(error)
    elif not done.done():
        done.set_result(None)
