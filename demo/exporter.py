"""The exporter as the demo's child, for one command that shows everything."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Self

_START_SECONDS = 10
_STOP_SECONDS = 5


class ExporterError(Exception):
    """The exporter did not start; it has said why itself."""


class Exporter:
    """`tachograph serve` on loopback, for as long as the context lasts."""

    def __init__(self, *, metrics_port: int, otlp_port: int) -> None:
        self._address = f"127.0.0.1:{metrics_port}"
        serve = ("-m", "tachograph_exporter", "serve", f"--web.listen-address={self._address}")
        self._command = [sys.executable, *serve, f"--otlp.listen-address=127.0.0.1:{otlp_port}"]

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        if self._answers():
            raise ExporterError(f"an exporter answers on {self._address} already: leave --serve away to send to it")
        # a session of its own: Ctrl-C reaches the demo first, whose last telemetry the exporter then still takes
        self._process = subprocess.Popen(self._command, start_new_session=True)  # noqa: S603 - our own program
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise ExporterError("the exporter did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._address}/-/ready", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False
