"""Ctrl-C and its kin: a wish to stop that is taken note of at once and fulfilled where nothing is half done."""

import asyncio
import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """Whether a signal has asked to stop, from the moment it is made."""

    def __init__(self) -> None:
        self._asked = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        for number in _SIGNALS:
            signal.signal(number, self._ask)

    def cancels(self, task: asyncio.Task[None]) -> None:
        """Cancel this task when asked to stop; at once if that has happened."""
        self._loop, self._task = asyncio.get_running_loop(), task
        if self._asked:
            task.cancel()

    def _ask(self, *_: object) -> None:
        self._asked = True
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)
