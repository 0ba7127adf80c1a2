"""What `opentelemetry-instrument` finds by entry points: one instrumentor a library, and a look at the end.

An exception here would cost the application all later instrumentors: nothing is raised.
"""

from collections.abc import Collection
from functools import partial
from typing import Any

from .application import start
from .instrumentor import INSTRUMENTORS, settle
from .telemetry.hub import HUB

__all__ = ["Plugin", "settle"]


class Plugin:
    """One library's instrumentor in the shape of OpenTelemetry's BaseInstrumentor."""

    def __init__(self, name: str) -> None:
        self._name = name

    def instrument(self, **keywords: Any) -> None:
        """Instrument the library, with the providers that are set up, or those given."""
        try:
            start(keywords.get("tracer_provider"), keywords.get("meter_provider"))
            INSTRUMENTORS[self._name].instrument()
        except Exception:  # noqa: BLE001 - see the module's docstring
            HUB.failed(f"instrumenting {self._name}")

    def uninstrument(self, **_keywords: Any) -> None:
        """Put back what was there."""
        INSTRUMENTORS[self._name].uninstrument()

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return none: a library that is not there is not instrumented."""
        return ()


def __getattr__(key: str) -> partial[Plugin]:
    if key in INSTRUMENTORS:
        return partial(Plugin, key)
    raise AttributeError(key)
