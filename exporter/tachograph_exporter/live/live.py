"""The live page and the JSON API, put together."""

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ..address import Address
from ..exposition.metric import Metric
from ..scrape import Scraper
from ..server.answer import answer
from ..server.exchange import Application, Receive, Scope, Send
from ..server.site import SECURITY_HEADERS, reading
from ..store.traces import Traces
from .feed import Feed
from .frames import Frames, encoded
from .history import History
from .page import page
from .row import Plain
from .sampler import Sampler
from .traces import overview
from .view import View

if TYPE_CHECKING:
    from ..rules.settings import Settings

_RECENTLY_SECONDS = 30.0
_OPENAPI = Path(__file__).resolve().parent / "openapi.json"


class Live:
    """Remembers the last quarter of an hour from its start to its stop, and shows it."""

    def __init__(self, scraper: Scraper, traces: Traces | None = None, *, limits: "Settings | None" = None) -> None:
        self.history = History(limits=limits)
        self._view = View(self.history, host_name=socket.gethostname())
        self._frames = Frames(self.history, self._view, (lambda: overview(traces)) if traces else None)
        self._feed = Feed(arrived=self._want)
        self._sampler = Sampler(scraper, self._take, watched=lambda: self._feed.viewers > 0)
        self._running: asyncio.Task[None] | None = None
        self._release: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = float("-inf")

    def pages(self, metrics: str) -> dict[str, Application]:
        """Return what is found at which path; `metrics` is the path of the metrics."""
        return {
            **page(metrics),
            "/api/v1/summary": self._document(self._view.summary),
            "/api/v1/operations": self._document(self._view.operations),
            "/api/v1/statements": self._document(self._view.statements),
            "/api/v1/history": self._document(self._view.history),
            "/api/v1/minutes": self._document(self._view.minutes),
            "/api/v1/live": self._feed,
            "/api/v1/openapi.json": reading(_openapi),
        }

    def replace(
        self, scraper: Scraper, *, release: Callable[[Scraper], None], limits: "Settings | None" = None
    ) -> None:
        """Sample other sources from now on, and hold values against other limits."""
        with self.history.lock:
            self.history.alarms.replace(limits)
        self._release = self._sampler.replace(scraper, release=release)

    async def start(self) -> Sequence[Address]:
        """Begin to sample; it listens on nothing of its own."""
        self._loop = asyncio.get_running_loop()
        self._running = self._loop.create_task(self._sampler.run())
        return ()

    async def stop(self) -> None:
        """Let the viewers go, and sample no more."""
        self._feed.end()
        if self._running:
            self._running.cancel()

    def _want(self) -> None:
        if self._feed.viewers == 1:
            self._sampler.want()

    def _take(self, metrics: Sequence[Metric]) -> None:
        """Digest a sample, in the scraper's thread."""
        recently = monotonic() - self._asked < _RECENTLY_SECONDS
        self.history.alarms.at_rest = not (self._feed.viewers or recently)
        self.history.take(metrics)
        if self._feed.viewers and self._loop:
            self._loop.call_soon_threadsafe(self._feed.publish, self._frames.parts())

    def _document(self, make: Callable[[], Plain]) -> Application:
        def made() -> bytes:
            with self.history.lock:
                return encoded(make()).encode()

        async def send_document(_scope: Scope, _receive: Receive, send: Send) -> None:
            self._asked = monotonic()
            await self._sampler.fresh()
            body = await asyncio.to_thread(made)
            await answer(send, HTTPStatus.OK, body, "application/json", SECURITY_HEADERS)

        return reading(send_document)


async def _openapi(_scope: Scope, _receive: Receive, send: Send) -> None:
    document = json.loads(_OPENAPI.read_text(encoding="utf-8"))
    await answer(send, HTTPStatus.OK, encoded(document).encode(), "application/json", SECURITY_HEADERS)
