"""Asks mounts for their size without waiting long for one that does not answer."""

import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from queue import SimpleQueue
from typing import NamedTuple

# After this long without an answer another thread goes on with the mounts behind the silent one.
_PATIENCE_SECONDS = 0.05
_MAX_THREADS = 64

Answer = os.statvfs_result | OSError


class Place(NamedTuple):
    """A mount point, told apart from a later mount at the same path by the kernel's mount ID."""

    mount_id: bytes
    path: bytes


class Round:
    """One round of statvfs over some mounts: whom to ask still, and who answered."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._waiting = deque(places)
        self._open = len(self._waiting)
        self._complete = threading.Condition()
        self.answers: dict[Place, Answer] = {}

    @property
    def complete(self) -> bool:
        """Whether every mount answered."""
        return not self._open

    @property
    def waiting(self) -> bool:
        """Whether a mount is still to be asked."""
        return bool(self._waiting)

    def take(self) -> Place | None:
        """Return the next mount to ask, None where there is none."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def answer(self, place: Place, answer: Answer) -> None:
        """Note a mount's answer."""
        with self._complete:
            self.answers[place] = answer
            self._open -= 1
            if not self._open:
                self._complete.notify()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for all answers; return whether any came within the time."""
        with self._complete:
            before = self._open
            self._complete.wait_for(lambda: not self._open, timeout_seconds)
            return self._open != before

    def end(self) -> dict[Place, Answer]:
        """Return the answers so far; nobody else is asked."""
        self._waiting.clear()
        with self._complete:
            return dict(self.answers)


class Survey:
    """Asks mounts from threads that can be left behind in a call that never returns (stale NFS, a dead FUSE server).

    A mount that did not answer is not asked again until the thread that asked has come back.
    """

    def __init__(self) -> None:
        self._rounds: SimpleQueue[Round | None] = SimpleQueue()
        self._asking: set[Place] = set()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def answers(self, places: Iterable[Place], timeout_seconds: float) -> dict[Place, Answer]:
        """Return each mount's statvfs or its error; a mount that did not answer in time is missing."""
        current = Round(place for place in places if place not in self._asking)
        deadline = time.monotonic() + timeout_seconds
        stalled = not current.complete
        while not current.complete and (left := deadline - time.monotonic()) > 0:
            if stalled and current.waiting:
                self._employ(current)
            stalled = not current.wait(min(left, _PATIENCE_SECONDS) if current.waiting else left)
        return current.end()

    def close(self) -> None:
        """End the idle threads; one that is left behind in a call ends when the call does."""
        for _ in range(self._threads):
            self._rounds.put(None)

    def _employ(self, current: Round) -> None:
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._threads < _MAX_THREADS:
                self._threads += 1
                threading.Thread(target=self._work, name="statvfs", daemon=True).start()
            else:
                return
        self._rounds.put(current)

    def _work(self) -> None:
        while (current := self._rounds.get()) is not None:
            while (place := current.take()) is not None:
                self._asking.add(place)
                answer = statistics(place.path)
                self._asking.discard(place)
                current.answer(place, answer)
            with self._lock:
                self._idle += 1


def statistics(path: bytes) -> Answer:
    """Ask one mount; return its statvfs or its error."""
    try:
        return os.statvfs(path)
    except OSError as error:
        return error
