"""Instrumenting libraries, whenever they are imported, and taking it back."""

import importlib
import importlib.util
import logging
import threading
from types import ModuleType

import wrapt

from .libraries import LIBRARIES
from .model import Endpoint, Library
from .wrap import Patches

_log = logging.getLogger("tachograph")


class Instrumentor:
    """One library: waits for its import, wraps its endpoints, puts them back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "not instrumented"
        self._wanted = False
        self._hooked = False
        self._endpoints = 0
        self._patches = Patches()
        self._lock = threading.RLock()

    def instrument(self) -> None:
        """Wrap the library now if it is imported, else when it is."""
        with self._lock:
            if self._wanted:
                return
            if importlib.util.find_spec(self.name) is None:
                self.state = "not installed"
                return
            self._wanted = True
            self.state = "waits for its import"
            wrapt.register_post_import_hook(self._imported, self.name)

    def uninstrument(self) -> None:
        """Put back what was there."""
        with self._lock:
            self._wanted = False
            self._patches.undo()
            self.state = "not instrumented"

    def _imported(self, module: ModuleType) -> None:
        if not self._wanted:
            return
        try:
            library: Library = importlib.import_module(f"{__package__}.libraries.{self.name}").LIBRARY
            self.state = "instrumented"
            if library.install is not None:
                library.install(self._patches)
            for endpoint in library.endpoints:
                self._hook(endpoint)
        except Exception as error:  # noqa: BLE001 - the application's import comes first
            self._refuse(f"{module.__name__} cannot be instrumented", error)

    def _hook(self, endpoint: Endpoint) -> None:
        module_name, _, path = endpoint.target.partition(":")

        def imported(module: ModuleType) -> None:
            if not self._wanted:
                return
            try:
                self._patches.endpoint(module, path, endpoint)
            except Exception as error:  # noqa: BLE001 - the application's import comes first
                self._refuse(f"{endpoint.target} cannot be instrumented", error)

        wrapt.register_post_import_hook(imported, module_name)

    def _refuse(self, what: str, error: Exception) -> None:
        self.state = f"refused: {what}: {error!r}"
        _log.warning("%s: %r; it works on, unmeasured", what, error)


INSTRUMENTORS = {name: Instrumentor(name) for name in LIBRARIES}
