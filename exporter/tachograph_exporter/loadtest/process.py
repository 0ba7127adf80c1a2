"""The driver as a child process: told what to do, listened to, and never left alone."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from .plan import BadPlan, Plan
from .tally import Tally, parse

_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0


class DriverError(Exception):
    """The driver ended by itself; its last words were printed."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the driver told: the time, its users, its own CPU seconds so far, and what was seen since it last told.

    `late` are turns that nobody was free for, `raised` is how often users' own code did, both since the beginning.
    """

    at: float
    users: int
    cpu_seconds: float
    late: int
    under_way: int
    raised: int
    tally: Tally
    ended: bool


class Driver:
    """A load test under way, until the context ends."""

    def __init__(self, plan: Plan) -> None:
        """Take the plan; raises BadPlan when it is entered where a locustfile cannot be used."""
        self._plan = plan
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Self:
        # a session of its own: Ctrl-C reaches the command alone, which then asks for the figures so far
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__.replace("process", "driver")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._reader = threading.Thread(target=self._read, name="driver", daemon=True)
        self._reader.start()
        try:
            self._write(self._plan.text())
            self._next(_START_SECONDS)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr] # it is a pipe; its end is the driver's
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def users(self, count: int) -> None:
        """Let so many users work, from now on."""
        self._write(json.dumps({"users": count}))

    def heard(self, timeout_seconds: float) -> Told | None:
        """Return what the driver tells next; None where it does not within the time; raise DriverError if it ended."""
        return self._next(timeout_seconds)

    def stop(self, grace_seconds: float) -> Iterator[Told]:
        """Stop the load; yield what is still told of requests that end within the grace."""
        self._write(json.dumps({"stop": grace_seconds}))
        told = self._next(grace_seconds + _GRACE_SECONDS)
        while told:
            yield told
            told = None if told.ended else self._next(grace_seconds + _GRACE_SECONDS)

    def _next(self, timeout_seconds: float) -> Told | None:
        try:
            line = self._lines.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if not line:
            raise DriverError(f"Locust's process ended with {self._process.wait()}")
        table = json.loads(line)
        if "problem" in table:
            raise BadPlan(table["problem"])
        return Told(
            table["at"],
            table["users"],
            table["cpu"],
            table["late"],
            table["under_way"],
            table["raised"],
            parse(table["seen"]),
            table.get("ended", False),
        )

    def _read(self) -> None:
        output = self._process.stdout
        if output is not None:
            with output:
                for line in output:
                    self._lines.put(line)
        self._lines.put("")

    def _write(self, line: str) -> None:
        pipe = self._process.stdin
        with suppress(BrokenPipeError):  # what it said before it ended tells more
            if pipe is not None:
                pipe.write(line + "\n")
                pipe.flush()
