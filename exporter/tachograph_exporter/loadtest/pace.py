"""A target rate shared by all users: each request has its turn, and a turn that nobody was free for is not made up."""

import threading
import time


class Pace:
    """Hands out turns, 1/rate seconds apart; without a rate it is always one's turn."""

    def __init__(self, rate: float | None) -> None:
        self._step = 1 / rate if rate else 0.0
        self._next = 0.0
        self._over = threading.Event()
        self.late = 0
        self.under_way = 0

    def wait(self) -> bool:
        """Wait for the next turn; return False where the test ended first."""
        delay = self.delay()
        return not (self._over.wait(delay) if delay else self._over.is_set())

    def delay(self) -> float:
        """Take the next turn and return the seconds until it comes."""
        if not self._step:
            return 0.0
        now = time.monotonic()
        if self._next and now - self._next > self._step:
            self.late += int((now - self._next) / self._step)
            self._next = now
        turn = max(self._next, now)
        self._next = turn + self._step
        return turn - now

    def end(self) -> None:
        """Wake all who wait: the test is over."""
        self._over.set()
