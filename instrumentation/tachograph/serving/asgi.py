"""ASGI: each HTTP request of an application is an entry operation."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

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
    if scope["type"] != "http" or _MARK in scope:
        await serve(scope, receive, send)
        return
    scope[_MARK] = True
    root = scope.get("root_path", "")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    elsewhere = measured_elsewhere(application)
    request = Request(scope["method"], scope.get("scheme", "http"), headers, elsewhere=elsewhere)
    request.begin(scope["path"])

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            request.status = message["status"]
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            request.route = request.route or _route(scope, root)
            request.end()

    request.enter()
    try:
        await serve(scope, receive, sending)
    except BaseException as error:
        request.leave()
        request.route = request.route or _route(scope, root)
        request.end(error)
        raise
    request.leave()
    request.route = request.route or _route(scope, root)
    request.end()


def _route(scope: Scope, root: str) -> str | None:
    """Return the template of the path, which the router leaves in the scope; never the path itself."""
    path = getattr(scope.get("route"), "path", None) or _starlette_route(scope)
    if not isinstance(path, str):
        return None
    mounted_at: str = scope.get("root_path", "")
    return mounted_at.removeprefix(root) + path


def _starlette_route(scope: Scope) -> str | None:
    # Starlette leaves the endpoint and the router it was found by, not the route.
    endpoint, router = scope.get("endpoint"), scope.get("router")
    for route in getattr(router, "routes", ()) if endpoint is not None else ():
        if getattr(route, "endpoint", None) is endpoint:
            return str(route.path) if hasattr(route, "path") else None
    return None
