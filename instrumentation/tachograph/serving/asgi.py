"""ASGI: each HTTP request of an application is an entry operation."""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ..harmless import harmless
from .http import Request, measured_elsewhere

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_MARK = "tachograph"


class Asgi:
    """Measure the HTTP requests of an ASGI application: `app = tachograph.Asgi(app)`."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope."""
        await serve(self._application, self._application, scope, receive, send)


async def serve(application: object, serve: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `serve` serve a scope of `application`, measured where it is an HTTP request."""
    request = _begun(application, scope) if scope["type"] == "http" and _MARK not in scope else None
    if request is None:
        await serve(scope, receive, send)
        return

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            request.status = message["status"]
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            _answered(request, scope)

    request.enter()
    try:
        await serve(scope, receive, sending)
    except BaseException as error:
        request.leave()
        _answered(request, scope, error)
        raise
    request.leave()
    _answered(request, scope)


@harmless
def _begun(application: object, scope: Scope) -> Request:
    scope[_MARK] = True
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    elsewhere = measured_elsewhere(application)
    request = Request(scope["method"], scope.get("scheme", "http"), headers, elsewhere=elsewhere)
    request.asgi = True
    request.root = scope.get("root_path", "")
    request.begin(scope["path"])
    return request


@harmless
def _answered(request: Request, scope: Scope, error: BaseException | None = None) -> None:
    request.route = request.route or _route(scope, request.root)
    if error is None and request.error is None:
        # Frameworks send what they make of an error while they handle it. Some errors are a status, no failure.
        handled = sys.exc_info()[1]
        request.error = None if hasattr(handled, "status_code") else handled
    request.end(error)


def _route(scope: Scope, root: str) -> str | None:
    """Return the template of the path, which the router leaves in the scope; never the path itself."""
    route = scope.get("route")
    mounted_at: str = scope.get("root_path", "").removeprefix(root)
    if route is not None and hasattr(route, "routes"):  # a mount, below which no route was found
        return mounted_at or None
    path = _included(scope, route) or getattr(route, "path", None) or _starlette_route(scope)
    return mounted_at + path if isinstance(path, str) else None


def _included(scope: Scope, route: object) -> str | None:
    """Return the path of a route of FastAPI with the prefixes of the routers that it was included by."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(context, "path", None) if getattr(context, "original_route", None) is route else None


def _starlette_route(scope: Scope) -> str | None:
    # Starlette before 1.0 leaves the endpoint and the router it was found by, not the route.
    endpoint, router = scope.get("endpoint"), scope.get("router")
    for route in getattr(router, "routes", ()) if endpoint is not None else ():
        if getattr(route, "endpoint", None) is endpoint:
            return str(route.path) if hasattr(route, "path") else None
    return None
