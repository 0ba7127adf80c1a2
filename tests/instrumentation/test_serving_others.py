"""Requests that others measure: the span and the HTTP metrics are theirs, the split of the time is ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from opentelemetry import trace
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

import tachograph
from tachograph import serving
from tests.fixtures.telemetry import Sdk

from .test_serving import (
    django_application,
    fastapi_application,
    flask_application,
    get,
    starlette_application,
)

OURS = "http.server.request.duration"


@contextmanager
def by_fastapis(sdk: Sdk) -> Iterator[Any]:
    application = fastapi_application()
    FastAPIInstrumentor.instrument_app(
        application,
        tracer_provider=sdk.tracer_provider,
        meter_provider=sdk.meter_provider,
        exclude_spans=["receive", "send"],
    )
    yield application
    FastAPIInstrumentor.uninstrument_app(application)


@contextmanager
def by_flasks(sdk: Sdk) -> Iterator[Any]:
    application = flask_application()
    others: Any = FlaskInstrumentor()
    others.instrument_app(application, tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
    yield application
    others.uninstrument_app(application)


def by_djangos(handler: Callable[[], Any]) -> Callable[[Sdk], Any]:
    @contextmanager
    def way(sdk: Sdk) -> Iterator[Any]:
        django_application(handler)
        DjangoInstrumentor().instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
        yield handler()
        DjangoInstrumentor().uninstrument()

    return way


@contextmanager
def by_a_server(sdk: Sdk) -> Iterator[Any]:
    """Middleware around the application, as ASGI servers and users put it."""
    application, tracer = starlette_application(), sdk.tracer_provider.get_tracer("theirs")

    async def around(scope: Any, receive: Any, send: Any) -> None:
        with tracer.start_as_current_span("GET /users/{number}", kind=trace.SpanKind.SERVER):
            await application(scope, receive, send)

    yield around


OTHERS = {
    "fastapi": (by_fastapis, "GET /users/{number}"),
    "flask": (by_flasks, "GET /users/<number>"),
    "django asgi": (by_djangos(ASGIHandler), "GET users/<number>"),
    "django wsgi": (by_djangos(WSGIHandler), "GET users/<number>"),
    "around": (by_a_server, "GET /users/{number}"),
}


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF], ids=["sampled", "unsampled"])
@pytest.mark.parametrize("name", OTHERS)
def test_their_requests_are_theirs_and_their_time_is_split(name: str, sampler: Sampler) -> None:
    way, route = OTHERS[name]
    sdk = Sdk(sampler)
    tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
    serving.instrument()
    try:
        with way(sdk) as application:
            answer = get(application, "/users/7")
    finally:
        serving.uninstrument()
        tachograph.uninstrument()
        tachograph.shutdown()
    series = sdk.series()
    names = {raw.span_id: raw.seen.name for raw in sdk.raw()}
    spans = [(raw.seen.name, names.get(raw.parent_id, "")) for raw in sdk.raw()]
    entry = f"GET /{route.removeprefix('GET ').lstrip('/')}"
    split = {
        (point.labels["tachograph.operation.name"], point.labels["tachograph.time.kind"])
        for point in series
        if point.metric == "tachograph.operation.time"
    }
    requests = [
        point
        for point in series
        if point.metric == OURS and "http.route" in point.labels and "url.scheme" in point.labels
    ]
    assert (answer[0], answer[1].strip('"'), spans, split, requests) == (
        200,
        "done",
        [("work", route), (route, "")] if sampler is ALWAYS_ON else [],
        {(entry, "operation"), (entry, "own")},
        [],
    )
