"""HTTP requests as entry operations: Starlette, FastAPI, Django and Flask, each by itself and by hand."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import django
import fastapi
import flask
import pytest
import starlette.applications
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import path
from opentelemetry.propagate import inject
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import tachograph
from tachograph import serving
from tests.fixtures.telemetry import Seeing, Seen, Series

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def work() -> str:
    with tachograph.operation("work"):
        return "done"


def starlette_application() -> Any:
    async def user(request: Any) -> PlainTextResponse:
        return PlainTextResponse(work() if request.path_params["number"] != "0" else str(1 / 0))

    async def missing(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("no", status_code=404)

    async def stream(_request: Any) -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield work()
            yield "!"

        return StreamingResponse(pieces())

    routes = [Route("/users/{number}", user), Route("/missing", missing), Route("/stream", stream)]
    bridge: Any = WSGIMiddleware(flask_application())
    others = [Mount("/files", StaticFiles(directory=".")), Mount("/flask", bridge)]
    return starlette.applications.Starlette(routes=[Mount("/api", routes=routes), *others, *routes])


def fastapi_application() -> Any:
    application = fastapi.FastAPI()

    @application.get("/users/{number}")
    def user(number: str) -> str:
        return work() if number != "0" else str(1 / 0)

    @application.get("/missing")
    def missing() -> Any:
        raise fastapi.HTTPException(404)

    @application.get("/busy")
    def busy() -> Any:
        raise fastapi.HTTPException(503)

    def dependency() -> Iterator[None]:
        with tachograph.operation("dependency"):
            yield

    @application.get("/steps", dependencies=[fastapi.Depends(dependency)])
    def steps() -> StreamingResponse:
        def pieces() -> Iterator[str]:
            with tachograph.operation("pieces"):
                yield "a"
                yield "b"

        return StreamingResponse(pieces())

    include(application)
    application.mount("/sub", include(fastapi.FastAPI()))
    return application


def include(application: fastapi.FastAPI) -> fastapi.FastAPI:
    inner, outer = fastapi.APIRouter(prefix="/inner"), fastapi.APIRouter()

    @inner.get("/things/{thing}")
    def thing(thing: str) -> str:
        return thing

    outer.include_router(inner)
    application.include_router(outer, prefix="/outer")
    return application


def flask_application() -> Any:
    application = flask.Flask("test")

    @application.get("/users/<number>")
    def user(number: str) -> str:
        return work() if number != "0" else str(1 / 0)

    @application.get("/missing")
    def missing() -> Any:
        flask.abort(404)

    @application.get("/stream")
    def stream() -> Any:
        def pieces() -> Iterator[str]:
            yield work()
            yield "!"

        return flask.Response(pieces())

    return application


def _django_user(_request: Any, number: str) -> HttpResponse:
    return HttpResponse(work() if number != "0" else str(1 / 0))


def _django_missing(_request: Any) -> HttpResponse:
    return HttpResponse("no", status=404)


class Urls:
    urlpatterns = [  # noqa: RUF012 - Django's way
        path("users/<number>", _django_user),
        path("missing", _django_missing),
    ]


def django_application(handler: Callable[[], Any]) -> Any:
    if not settings.configured:
        settings.configure(ROOT_URLCONF=Urls, ALLOWED_HOSTS=["*"], SECRET_KEY="none", DEBUG=False, LOGGING_CONFIG=None)
        django.setup()
    return handler()


APPLICATIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "starlette": (starlette_application, "/users/{number}"),
    "fastapi": (fastapi_application, "/users/{number}"),
    "flask": (flask_application, "/users/<number>"),
    "django asgi": (lambda: django_application(ASGIHandler), "/users/<number>"),
    "django wsgi": (lambda: django_application(WSGIHandler), "/users/<number>"),
}


def get(application: Any, path: str, **headers: str) -> tuple[int, str]:
    """Make one request of an application, whichever of the two protocols it speaks."""
    if isinstance(application, flask.Flask | WSGIHandler | serving.Wsgi):
        return get_wsgi(application, path, headers)
    return asyncio.run(get_asgi(application, path, headers))


def get_wsgi(application: Any, path: str, headers: dict[str, str]) -> tuple[int, str]:
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "test",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": None,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    body = application(environ, lambda status, _headers, *_error: told.append(status))
    try:
        text = b"".join(body).decode()
    finally:
        if hasattr(body, "close"):
            body.close()
    return int(told[0].split()[0]), text


async def get_asgi(application: Any, path: str, headers: dict[str, str]) -> tuple[int, str]:
    sent: list[Any] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"secret=1",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("test", 80),
    }
    received = [{"type": "http.request", "body": b"", "more_body": False}]
    more = asyncio.Event()

    async def receive() -> Any:
        if received:
            return received.pop()
        await more.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    with contextlib.suppress(ZeroDivisionError):
        await application(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], body.decode()


@pytest.fixture
def on_its_own(telemetry: Seeing) -> Iterator[Seeing]:
    """Telemetry with the frameworks instrumented as `tachograph run` does."""
    serving.instrument()
    yield telemetry
    serving.uninstrument()


def request_span(route: str, path: str, status: int, *, parent: str = "", error: str | None = None) -> Seen:
    attributes = {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.route": route,
        "tachograph.operation.name": f"GET {route}",
        "url.path": path,
        "http.response.status_code": status,
        **({"error.type": error} if error else {}),
    }
    return Seen(f"GET {route}", "SERVER", attributes, parent, error)


def request_point(route: str, status: int, error: str | None = None) -> Series:
    labels: dict[str, Any] = {
        "http.request.method": "GET",
        "http.route": route,
        "url.scheme": "http",
        "http.response.status_code": status,
    }
    return Series("http.server.request.duration", {**labels, **({"error.type": error} if error else {})}, 1)


@pytest.mark.parametrize("framework", APPLICATIONS)
class TestEveryFramework:
    def test_a_request_is_an_entry_operation(self, framework: str, on_its_own: Seeing) -> None:
        make, route = APPLICATIONS[framework]
        status, text = get(make(), "/users/7")
        seen = on_its_own.spans
        work_span = Seen("work", "INTERNAL", {"tachograph.operation.name": "work"}, f"GET {route}")
        assert (status, text.strip('"'), seen) == (200, "done", [work_span, request_span(route, "/users/7", 200)])
        assert on_its_own.points("http.server.request.duration") == [request_point(route, 200)]
        split = [point.labels for point in on_its_own.points("tachograph.operation.time")]
        kinds = [
            {"tachograph.operation.name": f"GET {route}", "tachograph.time.kind": kind} for kind in ("operation", "own")
        ]
        assert split == kinds

    def test_an_error_of_the_application(self, framework: str, on_its_own: Seeing) -> None:
        make, route = APPLICATIONS[framework]
        status, _ = get(make(), "/users/0")
        error = "ZeroDivisionError"
        told = {"exception.type": error, "exception.message": "division by zero"}
        span = replace(request_span(route, "/users/0", 500, error=error), events=(("exception", told),))
        assert (status, on_its_own.spans, on_its_own.points("http.server.request.duration")) == (
            500,
            [span],
            [request_point(route, 500, error)],
        )

    def test_a_missing_page_is_no_error_of_ours(self, framework: str, on_its_own: Seeing) -> None:
        make, _ = APPLICATIONS[framework]
        get(make(), "/missing")
        assert on_its_own.spans == [request_span("/missing", "/missing", 404)]

    def test_a_path_that_no_route_has_is_no_label(self, framework: str, on_its_own: Seeing) -> None:
        make, _ = APPLICATIONS[framework]
        get(make(), "/.git/config")
        assert [span.name for span in on_its_own.spans] == ["GET"]

    def test_it_is_the_child_of_the_caller(self, framework: str, on_its_own: Seeing) -> None:
        make, _ = APPLICATIONS[framework]
        get(make(), "/missing", traceparent=TRACEPARENT)
        (raw,) = on_its_own.raw
        assert (raw.trace_id, raw.parent_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


def test_what_others_sent_with_the_trace_goes_on_with_it(telemetry: Seeing) -> None:
    sent: list[dict[str, str]] = []

    def wsgi(_environ: Any, start_response: Any) -> list[bytes]:
        with tachograph.operation("inner"):
            sent.append({})
            inject(sent[0])
        start_response("200 OK", [])
        return [b""]

    get(tachograph.Wsgi(wsgi), "/", traceparent=TRACEPARENT, tracestate="vendor=a,other=b")
    inner = next(raw for raw in telemetry.raw if raw.seen.name == "inner")
    assert sent == [{"traceparent": f"00-{inner.trace_id}-{inner.span_id}-01", "tracestate": "vendor=a,other=b"}]


@pytest.mark.parametrize(
    ("make", "path", "name"),
    [
        (starlette_application, "/api/users/7", "GET /api/users/{number}"),
        (starlette_application, "/api/7", "GET /api"),
        (starlette_application, "/files/a.txt", "GET /files"),
        (starlette_application, "/flask/users/7", "GET /flask/users/<number>"),
        (fastapi_application, "/outer/inner/things/7", "GET /outer/inner/things/{thing}"),
        (fastapi_application, "/sub/outer/inner/things/7", "GET /sub/outer/inner/things/{thing}"),
    ],
)
def test_a_mounted_route_has_its_whole_path_and_is_one_request(
    make: Callable[[], Any], path: str, name: str, on_its_own: Seeing
) -> None:
    get(make(), path)
    assert [span.name for span in on_its_own.spans if span.kind == "SERVER"] == [name]
    assert [point.count for point in on_its_own.points("http.server.request.duration")] == [1]


def test_an_answer_that_is_meant_to_fail_has_its_status_as_error(on_its_own: Seeing) -> None:
    get(fastapi_application(), "/busy")
    assert on_its_own.spans == [request_span("/busy", "/busy", 503, error="503")]


def test_an_operation_may_end_in_another_context_than_it_began_in(
    on_its_own: Seeing, caplog: pytest.LogCaptureFixture
) -> None:
    # The framework runs each step of a plain generator in another thread, with a copy of the context.
    answer = get(fastapi_application(), "/steps")
    entry = "GET /steps"
    assert (answer, sorted((span.name, span.parent) for span in on_its_own.spans)) == (
        (200, "ab"),
        [(entry, ""), ("dependency", entry), ("pieces", entry)],
    )
    assert caplog.messages == []


@pytest.mark.parametrize("make", [starlette_application, flask_application])
def test_a_streamed_response_ends_with_its_last_piece(make: Callable[[], Any], on_its_own: Seeing) -> None:
    assert get(make(), "/stream") == (200, "done!")
    assert [(span.name, span.parent) for span in on_its_own.spans] == [("work", "GET /stream"), ("GET /stream", "")]


def test_middleware_by_hand(telemetry: Seeing) -> None:
    async def asgi(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a"})

    def wsgi(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("503 Busy", [])
        return [b"b"]

    assert [get(tachograph.Asgi(asgi), "/a"), get(tachograph.Wsgi(wsgi), "/b")] == [(200, "a"), (503, "b")]
    assert [(span.name, span.kind, span.error) for span in telemetry.spans] == [
        ("GET", "SERVER", None),
        ("GET", "SERVER", "503"),
    ]


def test_middleware_by_hand_and_on_its_own_is_one(on_its_own: Seeing) -> None:
    get(tachograph.Asgi(starlette_application()), "/missing")
    assert on_its_own.spans == [request_span("/missing", "/missing", 404)]


def test_other_scopes_pass_through(telemetry: Seeing) -> None:
    seen = []

    async def asgi(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    for kind in ("lifespan", "websocket"):
        asyncio.run(tachograph.Asgi(asgi)({"type": kind}, None, None))  # type: ignore[arg-type] # never called
    assert (seen, telemetry.spans) == (["lifespan", "websocket"], [])
