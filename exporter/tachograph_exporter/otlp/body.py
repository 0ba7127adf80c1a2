"""A request's body: read, decompressed and never larger than allowed."""

import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from .answer import Refusal
from .memory import Memory

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_MEMBERS_MAX = 16


class Disconnected(Exception):  # noqa: N818 - the client went away; nobody is left to answer
    """The client closed the connection before its request was whole."""


class Room:
    """The bytes that bodies may occupy together while they are read, decompressed and stored."""

    def __init__(self, limit: int, *, retry_seconds: int) -> None:
        self._limit = limit
        self._taken = 0
        self._retry_seconds = retry_seconds
        self._memory = Memory()

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """Hold a request's share, and free it at the end."""
        place = Place(self)
        try:
            yield place
        finally:
            self._taken -= place.size
            self._memory.used(place.size)

    def take(self, size: int) -> None:
        """Claim bytes, or answer that the receiver is busy."""
        if self._taken + size > self._limit:
            message = f"busy: {self._limit} bytes of requests are being stored; try again"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, message, close=True, retry_after=str(self._retry_seconds))
        self._taken += size


class Place:
    """What one request occupies."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def grow(self, size: int) -> None:
        """Claim bytes."""
        self._room.take(size)
        self.size += size


async def read(receive: Receive, headers: Mapping[str, str], place: Place, *, limit: int) -> bytes:
    """Return the body as it came; refuse one that is, or says it will be, larger than the limit."""
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        part = message.get("body", b"")
        place.grow(len(part))
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def decompress(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Return the body without its content encoding; refuse what grows beyond the limit or is cut off."""
    if encoding in ("", "identity"):
        return body
    if encoding not in _WINDOWS:
        message = f"content encoding {encoding!r} is not gzip, deflate or identity"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    parts: list[bytes] = []
    room = limit
    for _ in range(_MEMBERS_MAX):
        unzip = zlib.decompressobj(_WINDOWS[encoding])
        try:
            parts.append(unzip.decompress(body, room + 1))
        except zlib.error as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"the body is not {encoding}: {error}") from None
        room -= len(parts[-1])
        if room < 0:
            raise too_large(limit)
        if not unzip.eof:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"the {encoding} body is cut off")
        body = unzip.unused_data
        if not body:
            return b"".join(parts)
    raise Refusal(HTTPStatus.BAD_REQUEST, f"the {encoding} body has more than {_MEMBERS_MAX} members")


def too_large(limit: int) -> Refusal:
    """Return the answer to a body that is too large."""
    message = f"the body is larger than {limit} bytes; export smaller batches"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message, close=True)
