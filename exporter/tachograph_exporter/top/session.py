"""The program at work: events, keys and a terminal of another size, each drawn as it comes."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from select import select
from typing import NoReturn

from rich.console import Console, Group
from rich.live import Live

from .connection import Target, Unreachable
from .keyboard import keys, pressed
from .screen import Shown
from .state import State
from .stream import Stream, first, waker
from .tables import RECENT, SLOWEST
from .view import View
from .waterfall import Span, spans_of


def watch(target: Target, console: Console) -> None:
    """Show what happens until the user ends it; raise Unreachable where the exporter does not answer at the start."""
    state = State()
    state.take(first(target).parts, whole=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with keys() as keyboard, _resized() as resized, Live(console=console, screen=True, auto_refresh=False) as live:
        Session(target, state, console, live).run(keyboard, resized)


class Session:
    """Keeps what was said, what was chosen, and draws both."""

    def __init__(self, target: Target, state: State, console: Console, live: Live) -> None:
        self._target = target
        self._state = state
        self._console = console
        self._live = live
        self._view = View()
        self._lost = ""
        self._trace: tuple[str, Sequence[Span]] = ("", ())
        self._news, wake = waker()
        self._stream = Stream(target, wake)

    def run(self, keyboard: int, resized: int) -> None:
        """Go on until the user ends it."""
        news = self._news.fileno()
        self._stream.start()
        while not self._view.ended:
            self._draw()
            ready = select([keyboard, resized, news], [], [])[0]
            if news in ready:
                self._news.recv(4096)
                self._hear()
            if keyboard in ready:
                for key in pressed(keyboard):
                    self._view.press(key, self._view.rows(self._state))
            if resized in ready:
                os.read(resized, 4096)

    def _hear(self) -> None:
        for event in self._stream.taken():
            self._lost = event.lost
            if not event.lost:
                self._state.take(event.parts, whole=event.whole)

    def _draw(self) -> None:
        size = self._console.size
        trace = self._spans() if self._view.opened is not None and self._view.table in (RECENT, SLOWEST) else ()
        shown = Shown(self._state, self._view, self._target.address, self._lost, trace)
        self._live.update(Group(*shown.lines(size.width, size.height)), refresh=True)

    def _spans(self) -> Sequence[Span]:
        """Return the spans of the trace that is open; they are asked for once."""
        wanted = str(self._view.opened["trace_id"]) if self._view.opened else ""
        if self._trace[0] != wanted:
            try:
                self._trace = wanted, spans_of(self._target.get(f"/api/v1/traces?trace_id={wanted}"))
            except Unreachable:
                self._trace = "", ()
        return self._trace[1]


def _end(number: int, _: object) -> NoReturn:
    """End with the terminal as it was, also where somebody else ends the program."""
    sys.exit(128 + number)


@contextmanager
def _resized() -> Iterator[int]:
    """Yield a descriptor that can be read once the terminal has another size."""
    waiting, wake = waker()
    before = signal.signal(signal.SIGWINCH, lambda *_: wake())
    try:
        yield waiting.fileno()
    finally:
        signal.signal(signal.SIGWINCH, before)
