"""The exporter's events: followed in a thread of its own, and taken up again when the connection is lost.

Source: HTML Living Standard, "Server-sent events".
"""

import http.client
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .connection import Target, Unreachable

_PATH = "/api/v1/live"
# The exporter samples at least every 30 seconds; who is silent for longer is gone.
_SILENCE_SECONDS = 35.0
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """What came: parts of the state, or why the connection was lost."""

    parts: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    lost: str = ""


def events(response: http.client.HTTPResponse) -> Iterator[Event]:
    """Yield a stream's events until it ends."""
    name = ""
    for line in response:
        kind, _, value = line.rstrip(b"\r\n").partition(b": ")
        if kind == b"event":
            name = value.decode()
        elif kind == b"data":
            yield Event(json.loads(value), whole=name == "all")


def first(target: Target) -> Event:
    """Return everything as it is now; raise Unreachable."""
    return next(_opened(target), None) or _ended(target)


def _opened(target: Target) -> Iterator[Event]:
    response = target.open(_PATH, silence_seconds=_SILENCE_SECONDS)
    if response.headers.get_content_type() != "text/event-stream":
        response.close()
        raise Unreachable(f"{target.address} is no Tachograph exporter")
    try:
        yield from events(response)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unreachable(f"{target.address} broke off: {error}") from error
    finally:
        response.close()


def _ended(target: Target) -> Event:
    raise Unreachable(f"{target.address} ended its answer before it said anything")


class Stream:
    """Follows an exporter for as long as the program runs; `wake` is called in its thread when something came."""

    def __init__(self, target: Target, wake: Callable[[], None]) -> None:
        self._target = target
        self._wake = wake
        self._came: deque[Event] = deque()

    def start(self) -> None:
        """Begin to follow."""
        threading.Thread(target=self._follow, name="stream", daemon=True).start()

    def taken(self) -> Iterator[Event]:
        """Yield what came since the last time."""
        while self._came:
            yield self._came.popleft()

    def _follow(self) -> None:
        while True:
            try:
                for event in _opened(self._target):
                    self._tell(event)
                reason = "it stopped"
            except Unreachable as error:
                reason = str(error)
            self._tell(Event(lost=reason))
            time.sleep(_AGAIN_SECONDS)

    def _tell(self, event: Event) -> None:
        self._came.append(event)
        self._wake()


def waker() -> tuple[socket.socket, Callable[[], None]]:
    """Return a socket that can be read once something woke it, and what wakes it."""
    waiting, waking = socket.socketpair()
    for one in (waiting, waking):
        one.settimeout(0)

    def wake() -> None:
        try:
            waking.send(b"\0")
        except BlockingIOError:
            return  # it is awake as it is

    return waiting, wake
