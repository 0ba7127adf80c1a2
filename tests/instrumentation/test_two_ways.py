"""The two ways out hold the same: Tachograph's pipeline, and the application's providers, leanly or by the API."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

import tachograph
from tachograph.patches import Patches
from tachograph.telemetry import sdk_meters, sdk_spans
from tachograph.telemetry.hub import HUB
from tachograph.telemetry.tracing import ApiTracing
from tests.fixtures.telemetry import Receiver, Sdk, Seeing, seeing

from . import acme

WAYS = ("lean", "sdk", "api")


@contextmanager
def out(way: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeing]:
    with monkeypatch.context() as patched:
        if way == "api":
            patched.setattr(sdk_spans, "fits", lambda: False)
            patched.setattr(sdk_meters, "fits", lambda: False)
        with seeing("lean" if way == "lean" else "sdk") as seen:
            yield seen


def application() -> None:
    """Do a bit of everything."""
    module: Any = acme.library()
    patches = Patches()
    for path in ("Client.ask", "AsyncClient.ask"):
        patches.endpoint(module, path, acme.endpoint(path))
    with tachograph.operation("request", tier=1) as running:
        running.set_attributes(user="a", tags=["x", "y"])
        running.add_event("seen", times=2)
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("INSERT INTO notes VALUES (?)", ("a",))
        connection.close()
        list(module.Client().ask("a", "b", "c", stream=True))
        with pytest.raises(acme.AcmeError):
            asyncio.run(module.AsyncClient().ask("a", error=acme.AcmeError("no")))
    with pytest.raises(KeyError), tachograph.operation("fails", buckets=(1, 2)):
        raise KeyError("gone")
    odd: dict[str, Any] = {"at": PurePath("a"), "none": None, "mixed": [1, "b"], "self": {1: b"c"}, "name": ValueError}
    with tachograph.operation("odd", **odd) as running:
        running.set_attribute("self", odd)  # type: ignore[arg-type] # what an application gives all the same
        running.add_event("named", **odd)
        trace.get_current_span().set_status(StatusCode.ERROR, "user 7 is away")
    tachograph.record("basket", 20, kind="a")
    half: Any = Decimal("0.5")
    tachograph.record("basket", half, at=odd["at"], none=odd["none"])
    tachograph.score("rating", 4, operation="request")
    patches.undo()


def test_spans_and_points_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    for way in WAYS:
        with out(way, monkeypatch) as seen:
            application()
            told[way] = (seen.spans, [(point, point.buckets) for point in seen.series])
    assert told["lean"] == told["sdk"]
    assert told["api"] == told["sdk"]
    names = [span.name for span in told["lean"][0] if "notes" not in span.name]
    assert (names, len(told["lean"][0])) == (["ask acme", "ask acme", "request", "fails", "odd"], 7)


@pytest.mark.parametrize("way", WAYS)
def test_a_span_and_its_point_are_one_measurement(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with out(way, monkeypatch) as seen:
        with tachograph.operation("work"):
            sum(range(1000))
        (raw,) = seen.raw
        (point,) = seen.points("tachograph.operation.duration")
    assert point.sum == (raw.end_ns - raw.start_ns) / 1e9


def test_exemplars_name_the_sampled_span(receiver: Receiver) -> None:
    tachograph.setup("test", receiver.url)
    try:
        with tachograph.operation("work"):
            pass
        tachograph.flush()
    finally:
        tachograph.shutdown()
    (raw,) = receiver.raw()
    exemplars = [
        (exemplar.trace_id.hex(), exemplar.span_id.hex())
        for metric in receiver.metrics[0].resource_metrics[0].scope_metrics[0].metrics
        for point in metric.histogram.data_points
        for exemplar in point.exemplars
    ]
    assert exemplars == [(raw.trace_id, raw.span_id)]


@pytest.mark.parametrize("way", ["sdk", "api"])
def test_exemplars_through_the_applications_providers(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "api":
        monkeypatch.setattr(sdk_spans, "fits", lambda: False)
        monkeypatch.setattr(sdk_meters, "fits", lambda: False)
    sdk = Sdk()
    tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
    try:
        for _ in range(2):  # the first makes the series
            with tachograph.operation("work"):
                pass
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
    ids = {raw.span_id for raw in sdk.raw()}
    exemplars = {
        f"{exemplar.span_id:016x}"
        for resource in sdk.metrics().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "tachograph.operation.duration"
        for point in metric.data.data_points
        for exemplar in point.exemplars
    }
    assert (exemplars != set(), exemplars <= ids) == (True, True)
    sdk.close()


def test_the_sdk_in_use_is_one_that_the_lean_way_fits() -> None:
    assert (sdk_spans.fits(), sdk_meters.fits()) == (True, True)


def test_where_it_does_not_fit_the_public_api_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises() -> bool:
        raise AttributeError("the SDK has other insides")

    monkeypatch.setattr(sdk_spans, "fits", raises)
    monkeypatch.setattr(sdk_meters, "fits", raises)
    with seeing("sdk") as seen:
        with tachograph.operation("work"):
            pass
        counts = [point.count for point in seen.points("tachograph.operation.duration")]
        assert (type(HUB.tracing), len(seen.spans), counts) == (ApiTracing, 1, [1])


def test_attributes_are_kept_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")
    told = {}
    for way in ("lean", "sdk"):
        with out(way, monkeypatch) as seen:
            with tachograph.operation("limited", a="12345", b=["12345", "1"]) as running:
                running.set_attribute("c", 1)
            (span,) = seen.spans
            told[way] = {key: span.attributes[key] for key in ("a", "b") if key in span.attributes}
            assert len(span.attributes) == 3
    assert told["lean"] == {"a": "1234", "b": ["1234", "1"]}
