"""A server as the demo's child: started, awaited, and stopped with the demo."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Self

_START_SECONDS = 10
_STOP_SECONDS = 5


class ServerError(Exception):
    """A server did not start; the message is for the user."""


class Server:
    """A program that answers on a loopback address, for as long as the context lasts."""

    def __init__(self, command: Sequence[str], *, name: str, ready: str, busy: str, log: Path | None = None) -> None:
        """Take what to run, its name, the URL that answers when it is ready, and what to say if something else does."""
        self._command, self._name, self._ready, self._busy, self._log = list(command), name, ready, busy, log

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        if self._answers():
            raise ServerError(self._busy)
        output = self._log.open("wb") if self._log else None
        try:
            # a session of its own: Ctrl-C reaches the demo first, whose last telemetry the servers then still take
            self._process = subprocess.Popen(  # noqa: S603 - our own program, or one that the user has on PATH
                self._command, start_new_session=True, stdout=output, stderr=output
            )
        finally:
            if output:
                output.close()
        self._await()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                said = f"; {self._log} says why" if self._log else ""
                raise ServerError(f"{self._name} did not start{said}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._ready, timeout=1):  # noqa: S310 - a loopback address of our own
                return True
        except (urllib.error.URLError, OSError):
            return False
