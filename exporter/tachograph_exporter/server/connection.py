"""One client's connection: HTTP/1.1 parsed by httptools, within limits that no client can stretch."""

import asyncio
import logging
import math
from collections import deque
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import httptools

from .connections import Connections
from .exchange import Exchange, Scope

_logger = logging.getLogger(__name__)

_PIPELINED_MAX = 32
_LINGER_SECONDS = 2


class Connection(asyncio.Protocol):
    """Parses what the client sends and runs the application once a request, in their order."""

    def __init__(self, connections: Connections, base: Scope) -> None:
        self.task: asyncio.Task[None] | None = None
        self._connections = connections
        self._limits = connections.limits
        self._base = base
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None  # plain and TLS transports have no public base class with all that is called here
        self._client: tuple[str, int] | None = None
        self._in_head = False
        self._head_bytes = 0
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._reading: Exchange | None = None
        self._current: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._holds: set[str] = set()
        self._writable: asyncio.Event | None = None
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new client."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._client = (peer[0], peer[1]) if isinstance(peer, tuple) else None
        self._expect(self._limits.head_seconds)
        self._connections.add(self)
        if not self._connections.admits(transport.get_extra_info("peercert")):
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Parse what came; refuse what is not HTTP or too long."""
        if self._closing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade_ignored()
        except (httptools.HttpParserError, httptools.HttpParserCallbackError):
            self._refuse(HTTPStatus.BAD_REQUEST, "not an HTTP/1.1 request")
        if self._in_head:
            self._head_bytes += len(data)
        if self._head_bytes > self._limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's head is too long")
        if self._reading:
            self._expect(self._limits.body_seconds)
        self._next()

    def eof_received(self) -> bool:
        """Note that the client sends no more; it may still wait for the answer."""
        if self._current and self._base["scheme"] == "http":
            self._current.keep_alive = False
            return True
        return False

    def pause_writing(self) -> None:
        """Note that the client takes less than is sent."""
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        """Note that the client caught up."""
        if self._writable:
            self._writable.set()
        self._writable = None
        if not (self.task or self._closing):
            self._expect(self._limits.idle_seconds)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Let the application know, and forget the client."""
        self._connections.remove(self)
        self._closing = True
        if self._timer:
            self._timer.cancel()
        if self._writable:
            self._writable.set()
        for exchange in (self._current, self._reading, *self._waiting):
            if exchange:
                exchange.disconnect()
        self._waiting.clear()
        del self._parser  # which holds this connection: the two would be left to the garbage collector

    # The parser's calls

    def on_message_begin(self) -> None:
        """Start a request."""
        self._in_head, self._head_bytes, self._url, self._headers = True, 0, b"", []
        self._expect(self._limits.head_seconds)

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.append((name.lower(), value))
        self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        """Make the exchange that the application will see."""
        self._in_head = False
        target = httptools.parse_url(self._url)
        path: bytes = target.path or b"/"
        scope = {
            **self._base,
            "client": self._client,
            "http_version": self._parser.get_http_version(),
            "method": self._parser.get_method().decode("ascii"),
            "path": unquote(path.decode("ascii")) if b"%" in path else path.decode("ascii"),
            "raw_path": path,
            "query_string": target.query or b"",
            "headers": self._headers,
        }
        expects_continue = (b"expect", b"100-continue") in self._headers
        keep_alive = self._parser.should_keep_alive()
        self._reading = Exchange(self, scope, keep_alive=keep_alive, expects_continue=expects_continue)
        self._waiting.append(self._reading)

    def on_body(self, data: bytes) -> None:
        """Hand on a piece of the body."""
        if self._reading:
            self._reading.feed(data)

    def on_message_complete(self) -> None:
        """End the request."""
        if self._reading:
            self._reading.feed_end()
        self._reading = None
        self._expect(math.inf)

    # The exchange's calls

    def write(self, data: bytes) -> None:
        """Queue bytes for the client."""
        self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the client has taken most of what was queued; give it up when it does not."""
        if self._writable:
            try:
                await asyncio.wait_for(self._writable.wait(), self._limits.write_seconds)
            except TimeoutError:
                self.abort()

    def hold_reading(self, *, hold: bool, why: str = "body") -> None:
        """Stop or go on reading from the client."""
        (self._holds.add if hold else self._holds.discard)(why)
        if not self._closing:
            (self._transport.pause_reading if self._holds else self._transport.resume_reading)()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    # Turns of the connection

    def _next(self) -> None:
        if len(self._waiting) > _PIPELINED_MAX:
            self.abort()
        elif self._waiting and not self._current:
            self._current = self._waiting.popleft()
            self.task = self._loop.create_task(self._run(self._current))
            self._connections.used(self)
        if self._waiting or self._holds:
            self.hold_reading(hold=bool(self._waiting), why="pipeline")

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self._connections.application(exchange.scope, exchange.receive, exchange.send)
        except Exception:
            _logger.exception("%s %s failed", exchange.scope["method"], exchange.scope["path"])
        if not exchange.started and not self._closing:
            exchange.keep_alive = False
            self.write(_plain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; see the exporter's log"))
        elif not (exchange.ended or self._closing):
            self.abort()
        self._current = self.task = None
        if self._closing:
            return
        if not exchange.keep_alive or self._connections.stopping or not exchange.received_all:
            self._close(linger=not exchange.received_all)
            return
        self._expect(self._limits.write_seconds if self._writable else self._limits.idle_seconds)
        self._next()

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        if self._current or self._closing:
            self.abort()
            return
        self._waiting.clear()
        self._connections.refused(status)
        self._tell(status, why)

    def _tell(self, status: HTTPStatus, why: str) -> None:
        self.write(_plain(status, why))
        self._close(linger=True)

    def _upgrade_ignored(self) -> None:
        """Answer a request for another protocol in this one; the parser reads no further after it."""
        for exchange in (self._current, *self._waiting):
            if exchange:
                exchange.keep_alive = False

    def _close(self, *, linger: bool) -> None:
        """Send what is queued, then close.

        To linger is to read on what the client still sends: a reset while it does would cut the answer off.
        """
        if self._closing:
            return
        self._closing = True
        self._holds.clear()
        if not linger:
            self._transport.close()
            self._expect(self._limits.write_seconds)
            return
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._expect(_LINGER_SECONDS)

    def _expect(self, seconds: float) -> None:
        """Give the client these seconds for its next step."""
        self._due = self._loop.time() + seconds
        if self._due == math.inf or (self._timer and self._timer.when() <= self._due):
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._due, self._check)

    def _check(self) -> None:
        self._timer = None
        left = self._due - self._loop.time()
        if left > 0:
            self._expect(left)
        elif self._in_head and not self._current and not self._closing:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request's head took too long")
        elif self._reading and self._reading is self._current and not (self._current.started or self._closing):
            self._current.disconnect()  # the application knows of this one
            self._tell(HTTPStatus.REQUEST_TIMEOUT, "the request's body took too long")
        else:
            self.abort()


def _plain(status: HTTPStatus, text: str) -> bytes:
    body = text.encode() + b"\n"
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
    return head.encode() + b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
