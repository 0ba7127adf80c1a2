"""SQLAlchemy's engines as opentelemetry-instrumentation-sqlalchemy listens to them: its spans give way to ours.

Its listeners stay, for they may add comments to statements; the tracers that they make spans with are exchanged.
"""

from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry.trace import NoOpTracer
from sqlalchemy.engine import Engine

from ..imports import on_import
from ..patches import Elsewhere, Patches
from ..wrap import Function, Switch

_MODULE = "opentelemetry.instrumentation.sqlalchemy"


def watch_listeners(patches: Patches, switch: Switch) -> None:
    """Have its engines make no spans as long as the switch is on, those too that it hears of later."""
    patches.add(Elsewhere(Engine, "connect", ()))

    def imported(module: Any) -> None:
        if switch.on:
            patches.add(_Listeners(module.EngineTracer))

    on_import(f"{_MODULE}.engine", imported)


class _Listeners:
    """Its listeners, each with the tracer that is its own."""

    others: tuple[str, ...] = ()

    def __init__(self, listeners: Any) -> None:
        self._listeners = listeners
        self._tracers: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._patches = Patches()
        self._patches.wrap(listeners, "__init__", self._made)
        for _engine, _event, function in getattr(listeners, "_remove_event_listener_params", ()):
            if isinstance(listener := getattr(function, "__self__", None), listeners):
                self._silence(listener)

    def settle(self) -> None:
        """Do nothing: it tells of each engine itself."""

    def undo(self) -> None:
        """Give them their tracers again."""
        self._patches.undo()
        for listener, tracer in self._tracers.items():
            listener.tracer = tracer

    def _made(self, function: Function, switch: Switch) -> Function:
        def made(listener: Any, *args: Any, **kwargs: Any) -> None:
            function(listener, *args, **kwargs)
            if switch.on:
                self._silence(listener)

        return made

    def _silence(self, listener: Any) -> None:
        self.others = (_MODULE,)
        if not isinstance(listener.tracer, NoOpTracer):
            self._tracers[listener], listener.tracer = listener.tracer, NoOpTracer()
