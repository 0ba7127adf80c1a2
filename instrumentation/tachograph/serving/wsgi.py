"""WSGI: each request of an application is an entry operation."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..harmless import harmless
from .http import Request, current, measured_elsewhere

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
_MARK = "tachograph.request"


class Wsgi:
    """Measure the requests of a WSGI application: `app = tachograph.Wsgi(app)`."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        return serve(self._application, self._application, environ, start_response)


def serve(application: object, serve: Application, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Let `serve` serve a request of `application`, measured."""
    request = _begun(application, environ) if _MARK not in environ else None
    if request is None:
        return serve(environ, start_response)

    def starting(status: str, headers: Any, *error: Any) -> Any:
        _starts(request, environ, status)
        return start_response(status, headers, *error)

    if request.asgi:
        return serve(environ, starting)
    request.enter()
    try:
        body = serve(environ, starting)
    except BaseException as error:
        request.leave()
        request.end(error)
        raise
    request.leave()
    # Servers send lists and files in one piece, and tell them by their types.
    if isinstance(body, (list, tuple, environ.get("wsgi.file_wrapper", list))):
        request.end()
        return body
    return _Body(body, request)


@harmless
def _begun(application: object, environ: Environ) -> Request:
    """Begin a request, or return that of the ASGI application that this one is mounted in."""
    environ[_MARK] = True
    around = current()
    if around is not None and around.asgi:
        return around
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    scheme, method = environ.get("wsgi.url_scheme", "http"), environ["REQUEST_METHOD"]
    request = Request(method, scheme, headers, elsewhere=measured_elsewhere(application))
    request.root = environ.get("SCRIPT_NAME", "")
    request.begin(environ.get("PATH_INFO", ""))
    return request


@harmless
def _starts(request: Request, environ: Environ, status: str) -> None:
    request.status = int(status.split(" ", 1)[0])
    rule = _rule(environ)
    if request.route is None and rule is not None:
        request.route = environ.get("SCRIPT_NAME", "").removeprefix(request.root) + rule


class _Body:
    """A response's body as it is sent; the request ends with it."""

    def __init__(self, body: Iterable[bytes], request: Request) -> None:
        self._body = body
        self._iterator: Iterator[bytes] | None = None
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._request.enter()
        try:
            if self._iterator is None:
                self._iterator = iter(self._body)
            piece = next(self._iterator)
        except BaseException as error:
            self._request.leave()
            self._request.end(None if isinstance(error, StopIteration) else error)
            raise
        self._request.leave()
        return piece

    def close(self) -> None:
        """Close the body; servers do so also after an early end."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._request.end()


def _rule(environ: Environ) -> str | None:
    # Werkzeug, and so Flask, leaves its request here with the rule that matched, until it is answered.
    return getattr(getattr(environ.get("werkzeug.request"), "url_rule", None), "rule", None)
