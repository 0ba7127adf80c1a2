"""Memory that large requests have used, given back to the system: glibc keeps it, in an arena a thread."""

import asyncio
from collections.abc import Callable
from time import monotonic

_LARGE_BYTES = 256 * 1024
_SECONDS = 1.0


def return_what_is_free() -> None:
    """Do so where the C library can (glibc: malloc_trim(3))."""
    import ctypes  # noqa: PLC0415 - half a megabyte, for who receives large requests alone

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Memory:
    """Has what is free returned a second after a large request, and once a second at most."""

    def __init__(self, *, seconds: float = _SECONDS, give_back: Callable[[], None] = return_what_is_free) -> None:
        self._seconds = seconds
        self._do = give_back
        self._used = self._asked = 0.0
        self._waits = False

    def used(self, size: int) -> None:
        """Note that a request occupied so much."""
        if size >= _LARGE_BYTES:
            self._used = monotonic()
            if not self._waits:
                self._ask()

    def _ask(self) -> None:
        self._waits = True
        self._asked = monotonic()
        asyncio.get_running_loop().call_later(self._seconds, self._give_back)

    def _give_back(self) -> None:
        self._waits = False
        asyncio.get_running_loop().run_in_executor(None, self._do)
        if self._used > self._asked:
            self._ask()
