"""Instrumentations that are compared: what each installs, in an environment of its own that a benchmark makes."""

import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
_PLACE = CHECKOUT / ".cache" / "benchmarks"
_OTLP = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")


@dataclass(frozen=True)
class Peer:
    """An instrumentation: its name in the table, the worker's word for it, what pip installs, and what it measures."""

    name: str
    make: str
    requirements: tuple[str, ...]
    measured: tuple[str, ...]
    folder: str = ""

    @property
    def version(self) -> str:
        """The version of what it is known by."""
        return self._versions(self.requirements[0])[0]

    @cached_property
    def libraries(self) -> tuple[str, ...]:
        """The versions of the measured libraries in its environment: the newest that it goes with."""
        return self._versions(*self.measured)

    def _versions(self, *packages: str) -> tuple[str, ...]:
        plain = tuple(re.sub(r"\[.*", "", package) for package in packages)
        show = f"from importlib.metadata import version; print(*map(version, {plain!r}))"
        told = subprocess.run([self.python(), "-c", show], check=True, capture_output=True, text=True).stdout
        return tuple(told.split())

    def python(self) -> str:
        """Return the interpreter of its environment, made where it is not there yet."""
        folder = _PLACE / self.folder / self.make
        python = folder / "bin" / "python"
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", folder], check=True)
            install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
            subprocess.run([*install, *self.requirements, *_OTLP, *self.measured], check=True)
            (folder / "complete").touch()
        return str(python)
