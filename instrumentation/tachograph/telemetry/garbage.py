"""Garbage collection runs finalisers in the midst of any code, also of code that holds a lock.

A stream or a generator that is collected ends its call there; OpenTelemetry's SDK would wait for a lock that its own
frame below holds, for ever. So what is measured during a collection is put off until the next call, or the next export.
"""

import gc
import logging
from collections import deque
from collections.abc import Callable
from threading import get_ident

_log = logging.getLogger("tachograph")
_LIMIT = 10_000
Postponed = Callable[[], object]


class Garbage:
    """Knows whether this thread is collecting, and keeps what was put off."""

    def __init__(self) -> None:
        self.thread = 0
        self.postponed: deque[Postponed] = deque(maxlen=_LIMIT)

    def watch(self) -> None:
        """Begin to look."""
        if self._collecting not in gc.callbacks:
            gc.callbacks.append(self._collecting)

    def forget(self) -> None:
        """Look no longer."""
        if self._collecting in gc.callbacks:
            gc.callbacks.remove(self._collecting)
        self.thread = 0

    def collecting_here(self) -> bool:
        """Tell whether this code runs within a collection."""
        return self.thread == get_ident()

    def busy(self) -> bool:
        """Tell whether this code runs within a collection; if not, do what was put off."""
        if self.collecting_here():
            return True
        self.catch_up()
        return False

    def catch_up(self) -> None:
        """Do what was put off."""
        while self.postponed:
            try:
                late = self.postponed.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                late()
            except Exception:  # noqa: BLE001 - the application's processors may raise; it is not their turn here
                _log.debug("what was put off until after a garbage collection failed", exc_info=True)

    def _collecting(self, phase: str, _info: object) -> None:
        self.thread = get_ident() if phase == "start" else 0


GARBAGE = Garbage()
