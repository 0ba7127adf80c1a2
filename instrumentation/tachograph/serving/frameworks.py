"""The frameworks whose applications `tachograph run` measures on its own."""

import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..harmless import harmless
from ..imports import installed, on_import
from ..instrumentor import WAITS
from ..patches import Patches
from ..telemetry.hub import HUB
from . import asgi, http, tasks, wsgi

_log = logging.getLogger("tachograph")
Hook = Callable[[ModuleType], None]


class Frameworks:
    """What is measured of the frameworks, and how it stands with each."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.patches = Patches()
        self._turn = 0

    def instrument(self) -> None:
        """Measure the requests of Starlette, FastAPI, Django and Flask, and Celery's tasks, once they are imported."""
        if self.states:
            return
        self._turn += 1
        for name, hooks in _HOOKS.items():
            self.states[name] = _standing(name)
            if self.states[name] == WAITS:
                for module, hook in hooks.items():
                    on_import(module, self._guarded(name, hook))

    def uninstrument(self) -> None:
        """Put back what was there; import hooks cannot be, they do nothing from now on."""
        self.states = {}
        self.patches.undo()

    def _guarded(self, name: str, hook: Hook) -> Hook:
        turn = self._turn

        def imported(module: ModuleType) -> None:
            if not self.states or turn != self._turn:
                return
            try:
                hook(module)
                self.states[name] = "instrumented"
            except Exception as error:  # noqa: BLE001 - the application's import comes first
                self.states[name] = f"refused: {error!r}"
                _log.warning("the requests of %s cannot be measured: %r", module.__name__, error)

        return imported


_FRAMEWORKS = Frameworks()
_patches = _FRAMEWORKS.patches


def instrument() -> None:
    """Measure the requests of Starlette, FastAPI, Django and Flask, and Celery's tasks, once they are imported."""
    _FRAMEWORKS.instrument()


def uninstrument() -> None:
    """Put back what was there."""
    _FRAMEWORKS.uninstrument()


def report() -> dict[str, str]:
    """Say how things stand with each framework; nothing where they were not to be measured."""
    return dict(_FRAMEWORKS.states)


def modules() -> dict[str, tuple[str, ...]]:
    """Return the modules of each framework in which something is measured."""
    return {name: tuple(hooks) for name, hooks in _HOOKS.items()}


def _standing(name: str) -> str:
    if (variable := HUB.disabled_by(name)) is not None:
        return f"disabled by {variable}"
    return WAITS if installed(name) else "not installed"


def _starlette(module: ModuleType) -> None:
    _patches.replace(module.Starlette, "__call__", _asgi)


def _django_asgi(module: ModuleType) -> None:
    _patches.replace(module.ASGIHandler, "__call__", _asgi)


def _django_wsgi(module: ModuleType) -> None:
    _patches.replace(module.WSGIHandler, "__call__", _wsgi)


def _flask(module: ModuleType) -> None:
    _patches.replace(module.Flask, "__call__", _wsgi)
    _patches.replace(module.Flask, "handle_exception", _failing)


def _celery(module: ModuleType) -> None:
    _patches.replace(module, "build_tracer", tasks.measured)


def _django_errors(module: ModuleType) -> None:
    _patches.replace(module, "handle_uncaught_exception", _failing)


def _django_routes(module: ModuleType) -> None:
    _patches.replace(module.BaseHandler, "resolve_request", _resolving)


def _asgi(method: Any) -> Any:
    async def __call__(self: Any, scope: Any, receive: Any, send: Any) -> None:  # noqa: N807 - replaces the method
        await asgi.serve(self, method.__get__(self), scope, receive, send)

    return __call__


def _wsgi(method: Any) -> Any:
    def __call__(self: Any, environ: Any, start_response: Any) -> Any:  # noqa: N807 - replaces the method
        return wsgi.serve(self, method.__get__(self), environ, start_response)

    return __call__


def _resolving(method: Any) -> Any:
    def resolve_request(self: Any, request: Any) -> Any:
        match = method(self, request)
        _resolved(match)
        return match

    return resolve_request


@harmless
def _resolved(match: Any) -> None:
    served = http.current()
    if served is not None:
        served.route = f"/{str(match.route).lstrip('/')}"


def _failing(function: Any) -> Any:
    """Return what makes a response of an error, with a look at the error."""

    def handle(*args: Any, **kwargs: Any) -> Any:
        _failed(sys.exc_info()[1])
        return function(*args, **kwargs)

    return handle


@harmless
def _failed(error: BaseException | None) -> None:
    served = http.current()
    if served is not None:
        served.error = error


_HOOKS: dict[str, dict[str, Hook]] = {
    "celery": {"celery.app.trace": _celery},
    "django": {
        "django.core.handlers.asgi": _django_asgi,
        "django.core.handlers.wsgi": _django_wsgi,
        "django.core.handlers.base": _django_routes,
        "django.core.handlers.exception": _django_errors,
    },
    "flask": {"flask.app": _flask},
    "starlette": {"starlette.applications": _starlette},
}
