"""The /metrics page: a scrape, in the format and with the collectors that were asked for."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from ..exposition.metric import Metric
from ..exposition.text import TextWriter
from ..scrape import Round, Scraper, Source, UnknownSource
from .answer import answer_pieces, answer_text, header
from .compression import compress
from .exchange import Receive, Scope, Send
from .negotiation import accepts_gzip, choose_writer

_MARGIN_SECONDS = 0.5


class MetricsPage:
    """Serves scrapes, one at a time; those that come meanwhile wait, up to a limit."""

    def __init__(self, scraper: Scraper, *, waiting_max: int = 40) -> None:
        self._scraper = scraper
        self._waiting_max = waiting_max
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._writers: dict[type[TextWriter], TextWriter] = {}
        self._release: asyncio.Task[None] | None = None

    def replace(self, scraper: Scraper, *, release: Callable[[Scraper], None]) -> None:
        """Scrape other sources from now on; release the old ones when no scrape uses them any more."""
        old, self._scraper = self._scraper, scraper
        self._release = asyncio.get_running_loop().create_task(self._let_go(old, release))

    async def _let_go(self, old: Scraper, release: Callable[[Scraper], None]) -> None:
        async with self._turn:
            release(old)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Answer one scrape."""
        if self._waiting_max and self._waiting >= self._waiting_max:
            await answer_text(send, HTTPStatus.SERVICE_UNAVAILABLE, f"{self._waiting} scrapes are under way; try later")
            return
        self._waiting += 1
        try:
            async with self._turn:
                await self._scrape(self._sources(scope["query_string"]), scope, send)
        except UnknownSource as error:
            await answer_text(send, HTTPStatus.BAD_REQUEST, str(error))
        finally:
            self._waiting -= 1

    def _sources(self, query: bytes) -> tuple[Source, ...]:
        if not query:
            return self._scraper.sources
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
        only, without = asked.get("collect[]", []), asked.get("exclude[]", [])
        if only and without:
            raise UnknownSource("collect[] and exclude[] do not go together: send one of them")
        return self._scraper.select(only=only, without=without)

    async def _scrape(self, sources: tuple[Source, ...], scope: Scope, send: Send) -> None:
        kind = choose_writer(header(scope, b"accept"))
        writer = self._writers.setdefault(kind, kind())
        gzip = accepts_gzip(header(scope, b"accept-encoding"))
        pieces = await self._body(sources, writer, gzip=gzip, seconds=_timeout(scope))
        headers = [(b"content-encoding", b"gzip")] if gzip else []
        headers.append((b"vary", b"accept, accept-encoding"))
        await answer_pieces(send, HTTPStatus.OK, pieces, writer.content_type, headers)

    async def _body(
        self, sources: tuple[Source, ...], writer: TextWriter, *, gzip: bool, seconds: float
    ) -> list[bytes]:
        """Scrape and write in the worker's thread; watch over it from here."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[bytes]] = loop.create_future()

        def finish(metrics: list[Metric]) -> None:
            try:
                pieces = writer.pieces(metrics)
                body = [compress(pieces)] if gzip else [*pieces]
            except Exception as error:  # noqa: BLE001 - carried over to the request's task, which reports it
                loop.call_soon_threadsafe(_fail, future, error)
            else:
                loop.call_soon_threadsafe(_succeed, future, body)

        watch = _Watch(loop, self._scraper.start(sources, finish, seconds=seconds))
        try:
            return await future
        finally:
            watch.end()


class _Watch:
    """Goes on without a source when its time is up.

    A closure that names itself would do, and leave all metrics of each scrape to the garbage collector.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, scrape: Round) -> None:
        self._loop = loop
        self._scrape = scrape
        self._timer = loop.call_at(scrape.due, self._look)  # the loop's clock is the round's

    def end(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        self._scrape.relieve()
        self._timer = self._loop.call_at(self._scrape.due, self._look)


def _timeout(scope: Scope) -> float:
    try:
        seconds = float(header(scope, b"x-prometheus-scrape-timeout-seconds"))
    except ValueError:
        return float("inf")
    return max(seconds - _MARGIN_SECONDS, seconds / 2)


def _succeed(future: asyncio.Future[list[bytes]], body: list[bytes]) -> None:
    if not future.done():
        future.set_result(body)


def _fail(future: asyncio.Future[list[bytes]], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
