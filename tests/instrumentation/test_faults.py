"""Every hook of ours made to raise: the application sees nothing but its own result, and the log says so once."""

import asyncio
import contextvars
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Sampler

import tachograph
from tachograph import clock
from tachograph.model import Endpoint, Library, Metric
from tachograph.patches import Patches
from tachograph.telemetry import cells, points, registry, sampling, spans
from tachograph.telemetry.hub import HUB
from tests.fixtures.telemetry import Receiver, Seeing, seeing

from . import acme


class OursError(Exception):
    """What no application may see."""


def broken(*_args: Any, **_kwargs: Any) -> Any:
    raise OursError("ours")


class BrokenReader(acme.Words):
    read = broken
    outcome = broken


@tachograph.operation("steps")
def steps() -> Iterator[int]:
    yield 1
    yield 2


@tachograph.operation("steps")
async def async_steps() -> AsyncIterator[int]:
    yield 1
    yield 2


async def asynchronous(module: Any) -> list[Any]:
    client = module.AsyncClient()
    stream = await client.ask("a", "b", stream=True)
    with pytest.raises(acme.AcmeError):
        await client.ask("a", error=acme.AcmeError())
    return [await client.ask("a", "b"), [word async for word in stream], [step async for step in async_steps()]]


def application(module: Any) -> list[Any]:
    """Use a library and operations in every colour; return all that came out."""
    client = module.Client()
    with pytest.raises(acme.AcmeError):
        client.ask("a", error=acme.AcmeError())
    with tachograph.operation("within") as running:
        running.set_attribute("a", 1)
        said = [client.ask("a", "b"), list(client.ask("a", "b", stream=True)), list(steps())]
    tachograph.record("things", 1)
    tachograph.score("good", 1)
    return [*said, *asyncio.run(asynchronous(module))]


ANSWERS: list[Any] = ["a b", ["a", "b"], [1, 2], "a b", ["a", "b"], [1, 2]]
SOUND = acme.endpoint("Client.ask")


def answers(endpoint: Endpoint = SOUND) -> list[Any]:
    """Return what the application gets from the library measured at this endpoint."""
    module, patches = acme.library(), Patches()
    for path in ("Client.ask", "AsyncClient.ask"):
        patches.endpoint(module, path, endpoint)
    try:
        return contextvars.copy_context().run(application, module)
    finally:
        patches.undo()


Complaints = Callable[[], list[str]]


@pytest.fixture
def complaints(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Complaints:
    """What Tachograph's log was told."""
    monkeypatch.setattr(HUB, "failures", 0)
    return lambda: [record.getMessage() for record in caplog.records if record.name == "tachograph"]


READERS = {
    "request": Endpoint("acme", broken, acme.response, acme.Words, acme.details, acme.refusal),
    "response": Endpoint("acme", acme.request, broken, acme.Words, acme.details, acme.refusal),
    "making a chunk reader": Endpoint("acme", acme.request, acme.response, broken, acme.details, acme.refusal),
    "chunks": Endpoint("acme", acme.request, acme.response, BrokenReader, acme.details, acme.refusal),
    "details": Endpoint("acme", acme.request, acme.response, acme.Words, broken, acme.refusal),
    "error": Endpoint("acme", acme.request, acme.response, acme.Words, acme.details, broken),
    "stand in": Endpoint("acme", acme.request, acme.response, acme.Words, acme.details, acme.refusal, broken),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_librarys_reader_raises(reader: str, telemetry: Seeing, complaints: Complaints) -> None:
    assert (answers(READERS[reader]), HUB.failures > 0, len(complaints())) == (ANSWERS, True, 1)
    assert telemetry.spans


HOOKS: dict[str, tuple[Any, str]] = {
    "begin": ("tachograph.call", "begin"),
    "enter": ("tachograph.call", "enter"),
    "leave": ("tachograph.call", "leave"),
    "finish": ("tachograph.call", "finish"),
    "fail": ("tachograph.call", "fail"),
    "chunks": ("tachograph.call", "chunks"),
    "annotate": ("tachograph.call", "annotate"),
    "innermost": ("tachograph.call", "innermost"),
    "clock": (clock.Clock, "begin"),
    "series": (registry.Registry, "histogram"),
    "histogram": (cells.HistogramCell, "record"),
    "sum": (cells.SumCell, "add"),
    "random": (sampling, "random_bits"),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_the_engine_raises(
    hook: str, telemetry: Seeing, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name = HOOKS[hook]
    if isinstance(owner, str):
        monkeypatch.setattr(f"{owner}.{name}", broken)
    else:
        monkeypatch.setattr(owner, name, broken)
    given = answers()
    monkeypatch.undo()
    assert (given, len(complaints()) <= 1, telemetry.way) == (ANSWERS, True, telemetry.way)


class BrokenSampler(Sampler):
    should_sample = broken

    def get_description(self) -> str:
        return "broken"


class BrokenAtStart(SpanProcessor):
    on_start = broken


class BrokenAtEnd(SpanProcessor):
    on_end = broken


def provider(sampler: Sampler | None = None, processor: SpanProcessor | None = None) -> TracerProvider:
    made = TracerProvider(sampler, shutdown_on_exit=False)
    if processor is not None:
        made.add_span_processor(processor)
    return made


@pytest.mark.parametrize(
    "tracer_provider",
    [provider(BrokenSampler()), provider(None, BrokenAtStart()), provider(None, BrokenAtEnd())],
    ids=["sampler", "processor at the start", "processor at the end"],
)
def test_the_applications_own_telemetry_raises(tracer_provider: TracerProvider, complaints: Complaints) -> None:
    reader = InMemoryMetricReader()
    meter_provider = MeterProvider((reader,), shutdown_on_exit=False)
    tachograph.instrument(tracer_provider=tracer_provider, meter_provider=meter_provider)
    try:
        assert (answers(), len(complaints())) == (ANSWERS, 1)
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
        meter_provider.shutdown()


@pytest.mark.parametrize(("owner", "name"), [(spans, "traces_request"), (points, "metrics_request")])
def test_the_encoder_raises(
    owner: Any, name: str, complaints: Complaints, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    encoding: set[threading.Thread] = set()

    def encode(*_args: Any) -> bytes:
        encoding.add(threading.current_thread())
        raise OursError("ours")

    monkeypatch.setattr(owner, name, encode)
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "10")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    tachograph.setup("test", receiver.url)
    try:
        given, flushed = answers(), tachograph.flush(1)
        left_to_flush = threading.current_thread() in encoding  # else the pipeline's thread was faster
        monkeypatch.setattr(owner, name, lambda *_args: b"")
    finally:
        tachograph.shutdown()
    assert (given, flushed, len(complaints()) > 0) == (ANSWERS, not left_to_flush, True)


def test_a_callback_that_raises_costs_the_others_nothing(telemetry: Seeing) -> None:
    metric = Metric("acme.size", "updown", "1", "Size.")
    callbacks = (broken, lambda: [((("of", "this"),), 1)], lambda: [((("of", "this"),), 2)])
    for callback in callbacks:
        HUB.registry.observe(metric, callback)
    told = [(point.labels, point.sum) for point in telemetry.points("acme.size")]
    for callback in callbacks:
        HUB.registry.forget(metric, callback)
    assert told == [({"of": "this"}, 3)]


def test_a_library_module_that_raises_leaves_the_import_alone(
    monkeypatch: pytest.MonkeyPatch, complaints: Complaints
) -> None:
    monkeypatch.setattr("tachograph.libraries.sqlite3.LIBRARY", Library("sqlite3", install=broken))
    with seeing("lean"):
        connection = sqlite3.connect(":memory:")
        rows = connection.execute("SELECT 1").fetchall()
        connection.close()
        state = tachograph.status().libraries["sqlite3"]
    assert (rows, state) == ([(1,)], "refused: sqlite3 cannot be instrumented: OursError('ours')")
    assert len(complaints()) == 1
