"""The frameworks whose applications `tachograph run` measures on its own."""

import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..harmless import harmless
from ..imports import on_import
from ..patches import Patches
from . import asgi, http, tasks, wsgi

_log = logging.getLogger("tachograph")
_patches = Patches()
_wanted = False


def instrument() -> None:
    """Measure the requests of Starlette, FastAPI, Django and Flask, and Celery's tasks, once they are imported."""
    global _wanted  # noqa: PLW0603 - import hooks cannot be taken back, only told to do nothing
    _wanted = True
    for module, hook in _HOOKS.items():
        on_import(module, _guarded(hook))


def uninstrument() -> None:
    """Put back what was there."""
    global _wanted  # noqa: PLW0603
    _wanted = False
    _patches.undo()


def _guarded(hook: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def imported(module: ModuleType) -> None:
        try:
            if _wanted:
                hook(module)
        except Exception as error:  # noqa: BLE001 - the application's import comes first
            _log.warning("the requests of %s cannot be measured: %r", module.__name__, error)

    return imported


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


_HOOKS = {
    "starlette.applications": _starlette,
    "django.core.handlers.asgi": _django_asgi,
    "django.core.handlers.wsgi": _django_wsgi,
    "django.core.handlers.base": _django_routes,
    "django.core.handlers.exception": _django_errors,
    "flask.app": _flask,
    "celery.app.trace": _celery,
}
