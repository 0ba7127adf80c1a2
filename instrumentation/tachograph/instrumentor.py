"""Instrumenting libraries, whenever they are imported, and taking it back."""

import functools
import importlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from . import names
from .imports import installed, on_import
from .libraries import FRAMEWORKS, LIBRARIES
from .model import Endpoint, Library, Metric, Observation
from .patches import REPLACED, RESPECTED, Patches
from .telemetry.hub import HUB

_log = logging.getLogger("tachograph")
WAITS = "waits for its import"


class Instrumentor:
    """One library: waits for its import, wraps its endpoints, puts them back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = name.replace(".", "_")
        self.state = "not instrumented"
        self._wanted = False
        self._turn = 0
        self._patches = Patches()
        self._lock = threading.RLock()

    def instrument(self) -> None:
        """Wrap the library now if it is imported, else when it is."""
        with self._lock:
            if self._wanted:
                return
            if (variable := HUB.disabled_by(self.key)) is not None:
                self.state = f"disabled by {variable}"
                return
            if not installed(self.name):
                self.state = "not installed"
                return
            self._wanted = True
            self._turn += 1
            self.state = WAITS
            self._on_import(self.name, self._imported)

    def uninstrument(self) -> None:
        """Put back what was there."""
        with self._lock:
            self._wanted = False
            self._patches.undo()
            self.state = "not instrumented"

    def settle(self) -> None:
        """Look again whether somebody else instruments the library too: each call is counted once."""
        with self._lock:
            self._patches.settle()

    def imported_late(self) -> None:
        """Instrument the library, whose import came in the midst of our own."""
        if self._wanted:
            self._imported(sys.modules[self.name])

    def report(self) -> str:
        """Say how things stand."""
        others = self._patches.others()
        replaced = [other for other in others if other.startswith(REPLACED)]
        respected = [other for other in others if other.startswith(RESPECTED)]
        return "".join(
            (
                self.state,
                f"; in the place of {', '.join(replaced)}" if replaced else "",
                f"; spans are left to {', '.join(respected)}" if respected else "",
            )
        )

    def _on_import(self, module: str, hook: Callable[[ModuleType], None]) -> None:
        """Call `hook` once the module is there, unless all was taken back before: import hooks themselves cannot be."""
        turn = self._turn

        def imported(module: ModuleType) -> None:
            if self._wanted and turn == self._turn:
                hook(module)

        on_import(module, imported)

    def _imported(self, _module: ModuleType) -> None:
        try:
            known = importlib.import_module(f"{__package__}.libraries.{self.key}")
            if hasattr(known, "LIBRARY"):
                self._take(known.LIBRARY)
            else:
                # It is this very module that imports the library, for another one: its turn comes after that.
                _unfinished.append(self)
        except Exception as error:  # noqa: BLE001 - the application's import comes first
            self._refuse(f"{self.name} cannot be instrumented", error)
        finally:
            _finish_others(self)

    def _take(self, library: Library) -> None:
        self.state = "instrumented"
        if library.install is not None:
            library.install(self._patches)
        for endpoint in library.endpoints:
            self._hook(endpoint)

    def _hook(self, endpoint: Endpoint) -> None:
        module_name, _, path = endpoint.target.partition(":")

        def imported(module: ModuleType) -> None:
            try:
                self._patches.endpoint(module, path, endpoint)
            except Exception as error:  # noqa: BLE001 - the application's import comes first
                self._refuse(f"{endpoint.target} cannot be instrumented", error)

        self._on_import(module_name, imported)

    def _refuse(self, what: str, error: Exception) -> None:
        self.state = f"refused: {what}: {error!r}"
        _log.warning("%s: %r; it works on, unmeasured", what, error)


def _finish_others(finished: Instrumentor) -> None:
    for instrumentor in [waiting for waiting in _unfinished if waiting is not finished]:
        _unfinished.remove(instrumentor)
        instrumentor.imported_late()


_unfinished: list[Instrumentor] = []
INSTRUMENTORS = {instrumentor.key: instrumentor for instrumentor in map(Instrumentor, LIBRARIES)}
_others = Patches()
_FAILURES = Metric(
    names.FAILURES, "counter", "{failure}", "Errors of the instrumentation itself, none of which the application sees."
)


def tell_unknown() -> None:
    """Tell of names in OTEL_PYTHON_DISABLED_INSTRUMENTATIONS that would be ours and are none."""
    asked = HUB.settings.disabled_libraries if HUB.settings is not None else ()
    known = {f"tachograph_{key}" for key in (*INSTRUMENTORS, *FRAMEWORKS)}
    for name in sorted({name for name in asked if name.startswith("tachograph_")} - known):
        _log.warning("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=%s: there is no such instrumentation", name)


def settle() -> None:
    """Look again who else instruments what we do."""
    for instrumentor in INSTRUMENTORS.values():
        try:
            instrumentor.settle()
        except Exception:  # noqa: BLE001 - another instrumentor's own call may be what we look after
            HUB.failed("looking who else instruments")


def watch_others() -> None:
    """Look again each time that another OpenTelemetry instrumentor goes to work, and at each collection of metrics.

    Those that are no OpenTelemetry instrumentors (logfire's, langfuse's) tell nobody when they do.
    """
    HUB.registry.forget(_FAILURES, _looked)
    HUB.registry.observe(_FAILURES, _looked)
    on_import("opentelemetry.instrumentation.instrumentor", _watch)


def forget_others() -> None:
    """Look no longer."""
    HUB.registry.forget(_FAILURES, _looked)
    _others.undo()


def _looked() -> Iterator[Observation]:
    settle()
    yield (), HUB.failures


def _watch(module: Any) -> None:
    def make(instrument: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(instrument)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            try:
                return instrument(*args, **kwargs)
            finally:
                settle()

        return wrapper

    if not _others:
        _others.replace(module.BaseInstrumentor, "instrument", make)
