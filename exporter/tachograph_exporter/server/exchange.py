"""One request and its response, as an ASGI application sees them."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Protocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_BODY_AHEAD_BYTES = 256 * 1024
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Wire(Protocol):
    """The connection's side of an exchange."""

    def write(self, data: bytes) -> None:
        """Queue bytes for the client."""

    async def drain(self) -> None:
        """Wait until the client has taken most of what was queued."""

    def hold_reading(self, *, hold: bool) -> None:
        """Stop or go on reading the request's body."""


class Exchange:
    """Carries one request to the application and its response to the wire."""

    def __init__(self, wire: Wire, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.started = False
        self.ended = False
        self.received_all = False
        self._wire = wire
        self._expects_continue = expects_continue
        self._body = bytearray()
        self._told_all = False
        self._disconnected = False
        self._news: asyncio.Event | None = None
        self._head = b""
        self._sized = False
        self._chunked = False
        self._bodiless = scope["method"] == "HEAD"

    def feed(self, data: bytes) -> None:
        """Take a piece of the request's body from the wire."""
        self._body += data
        if len(self._body) > _BODY_AHEAD_BYTES:
            self._wire.hold_reading(hold=True)
        self._tell()

    def feed_end(self) -> None:
        """Note that the request's body is complete."""
        self.received_all = True
        self._tell()

    def disconnect(self) -> None:
        """Note that the client is gone: nothing more is received or sent."""
        self._disconnected = True
        self._tell()

    async def receive(self) -> Message:
        """Return the next ASGI event of the request."""
        if self._expects_continue and not (self._body or self.received_all or self.started):
            self._wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._expects_continue = False
        while not (self._disconnected or self._body or (self.received_all and not self._told_all)):
            self._news = asyncio.Event()
            await self._news.wait()
        if self._disconnected:
            return {"type": "http.disconnect"}
        body = bytes(self._body)
        self._body.clear()
        self._wire.hold_reading(hold=False)
        self._told_all = self.received_all
        return {"type": "http.request", "body": body, "more_body": not self.received_all}

    async def send(self, message: Message) -> None:
        """Put an ASGI event of the response on the wire."""
        if self._disconnected:
            return
        if message["type"] == "http.response.start":
            self._start(message)
            return
        more = message.get("more_body", False)
        self._write(message.get("body", b""), more=more)
        if more:
            await self._wire.drain()

    def _tell(self) -> None:
        if self._news:
            self._news.set()

    def _start(self, message: Message) -> None:
        status: int = message["status"]
        head = bytearray(b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode()))
        for name, value in message.get("headers", ()):
            self._sized = self._sized or name == b"content-length"
            if name == b"connection":
                self.keep_alive = False  # an application has nothing else to say of it than close
            else:
                head += b"%b: %b\r\n" % (name, value)
        if not self.keep_alive:
            head += b"connection: close\r\n"
        self._bodiless = self._bodiless or status in _BODILESS
        self._head = bytes(head)
        self.started = True

    def _write(self, data: bytes, *, more: bool) -> None:
        head = self._finish_head(data, more=more) if self._head else b""
        if self._bodiless:
            data = b""
        elif self._chunked:
            data = (b"%x\r\n%b\r\n" % (len(data), data) if data else b"") + (b"" if more else b"0\r\n\r\n")
        if head or data:
            self._wire.write(head + data)
        self.ended = not more

    def _finish_head(self, data: bytes, *, more: bool) -> bytes:
        head, self._head = self._head, b""
        if self._sized:
            return head + b"\r\n"
        if not more:
            return head + (b"\r\n" if self._bodiless and not data else b"content-length: %d\r\n\r\n" % len(data))
        if self.scope["http_version"] == "1.1":
            self._chunked = True
            return head + b"transfer-encoding: chunked\r\n\r\n"
        self.keep_alive = False  # to HTTP/1.0 the end of the body is the end of the connection
        return head + b"\r\n"
