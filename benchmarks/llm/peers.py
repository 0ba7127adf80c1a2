"""The others: what each installs, in an environment of its own that the benchmark makes."""

import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]
_PLACE = _CHECKOUT / ".cache" / "benchmarks"
_SDKS = ("openai", "anthropic")
_OTLP = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")


@dataclass(frozen=True)
class Peer:
    """An instrumentation: its name in the table, the worker's word for it, what pip installs."""

    name: str
    make: str
    requirements: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version of what it is known by."""
        return self._versions(self.requirements[0])[0]

    @cached_property
    def sdks(self) -> tuple[str, ...]:
        """The versions of the SDKs in its environment: the newest that it goes with."""
        return self._versions(*_SDKS)

    def _versions(self, *packages: str) -> tuple[str, ...]:
        show = f"from importlib.metadata import version; print(*map(version, {packages!r}))"
        told = subprocess.run([self.python(), "-c", show], check=True, capture_output=True, text=True).stdout
        return tuple(told.split())

    def python(self) -> str:
        """Return the interpreter of its environment, made where it is not there yet."""
        folder = _PLACE / self.make
        python = folder / "bin" / "python"
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", folder], check=True)
            install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
            subprocess.run([*install, *self.requirements, *_OTLP, *_SDKS], check=True)
            (folder / "complete").touch()
        return str(python)


OTEL = Peer(
    "OpenTelemetry genai-openai, genai-anthropic",
    "opentelemetry",
    ("opentelemetry-instrumentation-genai-openai", "opentelemetry-instrumentation-genai-anthropic"),
)
OTHERS = (
    OTEL,
    Peer(
        "OpenLLMetry",
        "openllmetry",
        ("opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic"),
    ),
    Peer("OpenLIT", "openlit", ("openlit",)),
    Peer("ddtrace", "ddtrace", ("ddtrace",)),
    Peer("logfire", "logfire", ("logfire",)),
)
OURS = Peer("tachograph", "tachograph", ("--editable", f"{_CHECKOUT}[prices]"))
