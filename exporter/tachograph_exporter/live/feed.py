"""Server-sent events: every viewer gets the whole state once, and then what has changed, encoded once for all.

Source: HTML Living Standard, "Server-sent events".
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus

from ..server.answer import answer_text
from ..server.exchange import Receive, Scope, Send

Parts = Mapping[str, str]

_HEAD = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
)
_RETRY = b"retry: 1000\n"
_BUSY = ((b"retry-after", b"10"),)


class Feed:
    """Keeps the state as encoded parts and hands changes to the viewers; one that lags behind gets all of it again."""

    def __init__(self, *, viewers_max: int = 200, arrived: Callable[[], None]) -> None:
        self.viewers = 0
        self._viewers_max = viewers_max
        self._arrived = arrived
        self._parts: Parts = {}
        self._version = 0
        self._changes = b""
        self._whole = b""
        self._news = asyncio.Event()
        self._ended = False

    def publish(self, parts: Parts) -> None:
        """Take over a new state and wake the viewers."""
        if not self.viewers:
            return
        before, self._parts = self._parts, parts
        changed = {name: part for name, part in parts.items() if before.get(name) != part}
        self._changes = _event("news", {**changed, **dict.fromkeys(before.keys() - parts.keys(), "null")})
        self._whole = b""
        self._version += 1
        self._wake()

    def end(self) -> None:
        """Let every viewer go: the server stops."""
        self._ended = True
        self._wake()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one viewer until either side goes."""
        if scope["method"] != "GET":
            await answer_text(send, HTTPStatus.METHOD_NOT_ALLOWED, "use GET", ((b"allow", b"GET"),))
            return
        if self.viewers >= self._viewers_max or self._ended:
            await answer_text(send, HTTPStatus.SERVICE_UNAVAILABLE, f"{self.viewers} viewers look on; try later", _BUSY)
            return
        self.viewers += 1
        gone = asyncio.create_task(_gone(receive))
        try:
            await self._serve(send, gone)
        finally:
            self.viewers -= 1
            gone.cancel()
            if not self.viewers:  # who comes next waits for a state of then
                self._parts, self._whole, self._version = {}, b"", 0

    async def _serve(self, send: Send, gone: "asyncio.Task[None]") -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
        await send({"type": "http.response.body", "body": _RETRY + b": welcome\n\n", "more_body": True})
        seen = 0
        self._arrived()
        while not (self._ended or gone.done()):
            if seen != self._version:
                body = self._changes if seen and seen == self._version - 1 else self._all()
                seen = self._version
                await send({"type": "http.response.body", "body": body, "more_body": True})
            else:
                waiting = asyncio.ensure_future(self._news.wait())
                await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        await send({"type": "http.response.body", "body": b""})

    def _all(self) -> bytes:
        self._whole = self._whole or _event("all", self._parts)
        return self._whole

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def _event(name: str, parts: Parts) -> bytes:
    data = ",".join([f"{json.dumps(part)}:{encoded}" for part, encoded in parts.items()])
    return f"event: {name}\ndata: {{{data}}}\n\n".encode()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
