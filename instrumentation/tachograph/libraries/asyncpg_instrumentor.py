"""asyncpg's methods as opentelemetry-instrumentation-asyncpg wraps them, with our measurement in the place of its own.

What that package does well is to know the methods, version by version, and to be what everybody asks whether asyncpg is
instrumented: who turns it on beside us turns on nothing more. It is used as it is; while we are on, its one instance
hands our functions to the methods.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from ..wrap import Function, Switch

_MODULE = "opentelemetry.instrumentation.asyncpg"
_CURSOR_METHODS = (("Cursor", "fetch"), ("Cursor", "forward"), ("Cursor", "fetchrow"), ("CursorIterator", "__anext__"))

Measured = Mapping[str, Mapping[str, Function]]


def instrumentor() -> Any | None:
    """Return the package's instrumentor where it is installed and has the methods that ours stand in for."""
    try:
        found = importlib.import_module(_MODULE).AsyncPGInstrumentor()
    except Exception:  # noqa: BLE001 - not installed, or at odds with its own dependencies: it can be done without
        return None
    return found if all(hasattr(found, handler) for handler in ("_do_execute", "_do_prepared_execute")) else None


class Instrumentation:
    """The instrumentor, turned on with our functions; `undo` turns it back to what it was."""

    others: tuple[str, ...] = ()

    def __init__(self, instrumentor: Any, cursors: Any) -> None:
        self.switch = Switch()
        self._instrumentor = instrumentor
        self._cursors = cursors
        self._was_on = instrumentor.is_instrumented_by_opentelemetry
        self._tracer = getattr(instrumentor, "_tracer", None)
        if self._was_on:
            self.others = (_MODULE,)
            instrumentor.uninstrument()

    def begin(self, statements: Mapping[str, Function], prepared: Mapping[str, Function]) -> None:
        """Wrap, with the functions that stand for a connection's and a prepared statement's methods."""
        instrumentor = self._instrumentor
        vars(instrumentor).update(_do_execute=_handler(statements), _do_prepared_execute=_handler(prepared))
        # It has a span for each fetch of a cursor; ours are one a cursor, and are measured elsewhere.
        unwrapped = [(owner, name, vars(owner)[name]) for owner, name in self._cursor_methods()]
        instrumentor.instrument(skip_dep_check=True)
        for owner, name, function in unwrapped:
            setattr(owner, name, function)

    def settle(self) -> None:
        """Do nothing: whoever turns the instrumentor on as well finds it on."""

    def undo(self) -> None:
        """Turn it off, or on again as it was."""
        self.switch.on = False
        instrumentor = self._instrumentor
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()
        for handler in ("_do_execute", "_do_prepared_execute"):
            vars(instrumentor).pop(handler, None)
        if self._was_on:
            instrumentor.instrument(skip_dep_check=True)
            vars(instrumentor).update(_tracer=self._tracer)

    def _cursor_methods(self) -> list[tuple[Any, str]]:
        return [(getattr(self._cursors, owner), name) for owner, name in _CURSOR_METHODS]


def _handler(methods: Mapping[str, Function]) -> Function:
    def handle(function: Function, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        method = methods.get(function.__name__)
        return function(*args, **kwargs) if method is None else method(instance, *args, **kwargs)

    return handle
