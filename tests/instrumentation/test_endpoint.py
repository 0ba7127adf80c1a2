"""Endpoints: one path for sync, async and streamed calls, ended exactly once, and taken back without a trace."""

import asyncio
import functools
import gc
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import opentelemetry.context as otel
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

import tachograph
from tachograph.patches import Patches
from tests.fixtures.telemetry import Seeing, Seen, Series

from . import acme

_LEFT_SECONDS = 0.5


@pytest.fixture
def library() -> Iterator[ModuleType]:
    """The library, instrumented."""
    module, patches = acme.library(), Patches()
    for path in ("Client.ask", "AsyncClient.ask", "AsyncClient.ask_later", "ask"):
        patches.endpoint(module, path, acme.endpoint(path))
    yield module
    patches.undo()


def span(words: int | None = 2, *, error: str | None = None, parent: str = "") -> Seen:
    told = {} if words is None else {"acme.words": words}
    failed = {"error.type": error} if error else {}
    attributes = {"acme.verb": "ask", "acme.version": 2, "acme.said": "well", **told, **failed}
    return Seen("ask acme", "CLIENT", attributes, parent, error)


def points(*, words: int | None = 2, error: str | None = None, chunks: int = 0) -> list[Series]:
    labels = {"acme.verb": "ask"} if words is None else {"acme.verb": "ask", "acme.model": "m1"}
    series = [Series("acme.duration", {**labels, **({"error.type": error} if error else {})}, 1)]
    if chunks:
        series.append(Series("acme.first", labels, 1))
    if chunks > 1:
        series.append(Series("acme.gap", labels, chunks - 1))
    if words is not None:
        series.append(Series("acme.words", labels, None))
    return series


def told(telemetry: Seeing) -> tuple[list[Seen], list[Series]]:
    return telemetry.spans, [series for series in telemetry.series if series.metric.startswith("acme.")]


def run_async(ask: Callable[..., Any], *words: str, **options: Any) -> Any:
    async def run() -> Any:
        answer = await ask(*words, **options)
        return [word async for word in answer] if hasattr(answer, "__anext__") else answer

    return asyncio.run(run())


def run_sync(ask: Callable[..., Any], *words: str, **options: Any) -> Any:
    answer = ask(*words, **options)
    return list(answer) if hasattr(answer, "__next__") else answer


COLOURS: dict[str, Callable[[ModuleType], Callable[..., Any]]] = {
    "sync": lambda module: lambda *words, **options: run_sync(module.Client().ask, *words, **options),
    "async": lambda module: lambda *words, **options: run_async(module.AsyncClient().ask, *words, **options),
    "awaitable": lambda module: lambda *words, **options: run_async(module.AsyncClient().ask_later, *words, **options),
}


@pytest.mark.parametrize("colour", COLOURS)
class TestEveryColour:
    def test_a_call(self, colour: str, library: ModuleType, telemetry: Seeing) -> None:
        answer = COLOURS[colour](library)("well", "done")
        assert (answer, *told(telemetry)) == ("well done", [span()], points())

    def test_a_stream(self, colour: str, library: ModuleType, telemetry: Seeing) -> None:
        answer = COLOURS[colour](library)("well", "done", "so", stream=True)
        assert (answer, *told(telemetry)) == (["well", "done", "so"], [span(3)], points(words=3, chunks=3))

    def test_an_error(self, colour: str, library: ModuleType, telemetry: Seeing) -> None:
        error = acme.AcmeError("no")
        with pytest.raises(acme.AcmeError) as raised:
            COLOURS[colour](library)("well", error=error)
        failed = ([span(None, error="refused")], points(words=None, error="refused"))
        assert (raised.value, told(telemetry)) == (error, failed)

    def test_a_stream_that_breaks(self, colour: str, library: ModuleType, telemetry: Seeing) -> None:
        error = ConnectionResetError("cut")
        with pytest.raises(ConnectionResetError) as raised:
            COLOURS[colour](library)("well", "done", stream=True, error=error)
        failed = ([span(2, error="ConnectionResetError")], points(error="ConnectionResetError", chunks=2))
        assert (raised.value, told(telemetry)) == (error, failed)


class TestEarlyEnds:
    """A stream that is not read to its end is no error, and ends its call once."""

    def test_break(self, library: ModuleType, telemetry: Seeing) -> None:
        for _ in library.Client().ask("well", "done", stream=True):
            break
        gc.collect()
        assert told(telemetry) == ([span(1)], points(words=1, chunks=1))

    def test_left_alone_it_took_as_long_as_somebody_read(self, library: ModuleType, telemetry: Seeing) -> None:
        stream = library.Client().ask("well", "done", stream=True)
        next(stream)
        time.sleep(_LEFT_SECONDS)
        del stream
        gc.collect()
        (duration,) = telemetry.points("acme.duration")
        assert (duration.count, duration.sum < _LEFT_SECONDS) == (1, True)

    def test_close(self, library: ModuleType, telemetry: Seeing) -> None:
        stream = library.Client().ask("well", "done", stream=True)
        next(stream)
        stream.close()
        stream.close()
        assert (stream.closed, told(telemetry)) == (True, ([span(1)], points(words=1, chunks=1)))

    def test_leaving_its_context(self, library: ModuleType, telemetry: Seeing) -> None:
        with library.Client().ask("well", "done", stream=True) as stream:
            next(stream)
        assert (stream.closed, told(telemetry)) == (True, ([span(1)], points(words=1, chunks=1)))

    def test_never_read(self, library: ModuleType, telemetry: Seeing) -> None:
        library.Client().ask("well", "done", stream=True)
        gc.collect()
        assert told(telemetry) == ([span(0)], points(words=0))

    def test_async_break_and_close(self, library: ModuleType, telemetry: Seeing) -> None:
        async def application() -> bool:
            stream = await library.AsyncClient().ask("well", "done", stream=True)
            async for _ in stream:
                break
            await stream.close()
            return bool(stream.closed)

        assert (asyncio.run(application()), told(telemetry)) == (True, ([span(1)], points(words=1, chunks=1)))

    def test_async_context(self, library: ModuleType, telemetry: Seeing) -> None:
        async def application() -> bool:
            async with await library.AsyncClient().ask("well", "done", stream=True) as stream:
                await anext(stream)
            return bool(stream.closed)

        assert (asyncio.run(application()), told(telemetry)) == (True, ([span(1)], points(words=1, chunks=1)))

    def test_cancelled_while_it_waits(self, library: ModuleType, telemetry: Seeing) -> None:
        async def application() -> None:
            stream = await library.AsyncClient().ask("well", stream=True, error=asyncio.CancelledError())
            with pytest.raises(asyncio.CancelledError):
                async for _ in stream:
                    pass

        asyncio.run(application())
        assert told(telemetry) == ([span(1, error="CancelledError")], points(words=1, chunks=1, error="CancelledError"))

    def test_the_process_ends(self, library: ModuleType, telemetry: Seeing) -> None:
        stream = library.Client().ask("well", "done", stream=True)
        next(stream)
        tachograph.shutdown()
        assert (list(stream), told(telemetry)) == (["done"], ([span(1)], points(words=1, chunks=1)))


class CollectsUnderALock(SpanProcessor):
    """As processors do, it holds a lock; as may happen at any moment, garbage is collected meanwhile."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ended: list[str] = []

    def on_end(self, span: ReadableSpan) -> None:
        with self.lock:
            gc.collect()
            self.ended.append(span.name)


def test_a_stream_that_is_collected_under_a_lock_of_the_sdk_does_not_wait_for_it(library: ModuleType) -> None:
    processor, tracers, meters = CollectsUnderALock(), TracerProvider(shutdown_on_exit=False), MeterProvider()
    tracers.add_span_processor(processor)
    tachograph.instrument(tracer_provider=tracers, meter_provider=meters)
    try:
        gc.disable()
        garbage: dict[str, Any] = {"stream": library.Client().ask("well", stream=True)}
        garbage["itself"] = garbage
        del garbage
        with tachograph.operation("work"):
            pass
        with tachograph.operation("more"):
            pass
    finally:
        gc.enable()
        tachograph.uninstrument()
        tachograph.shutdown()
        meters.shutdown()
    assert processor.ended == ["work", "ask acme", "more"]


def test_a_stream_looks_like_the_librarys_own(library: ModuleType, telemetry: Seeing) -> None:
    stream = library.Client().ask("well", stream=True)
    assert (isinstance(stream, acme.Stream), stream.url, list(stream)) == (True, "acme://", ["well"])
    assert len(telemetry.spans) == 1


def test_the_call_is_current_while_the_library_works_and_not_while_its_stream_is_read(
    library: ModuleType, telemetry: Seeing
) -> None:
    ids: list[str] = []
    client = library.Client(within=lambda: ids.append(acme.current_id()))
    with tachograph.operation("consumer"):
        ids += [acme.current_id() for _ in client.ask("well", "done", stream=True)]
    by_name = {raw.seen.name: raw.span_id for raw in telemetry.raw}
    assert ids == [by_name["ask acme"], by_name["consumer"], by_name["consumer"]]


def test_a_function_of_a_module_is_measured(library: ModuleType, telemetry: Seeing) -> None:
    assert (library.ask("well", "done"), *told(telemetry)) == ("well done", [span()], points())


def test_a_call_within_one_of_its_kind_is_counted_once(library: ModuleType, telemetry: Seeing) -> None:
    inner = library.Client()
    outer = library.Client(within=lambda: inner.ask("well"))
    answer = outer.ask("well", "done")
    assert (answer, *told(telemetry)) == ("well done", [span()], points())


def test_a_call_is_not_measured_where_opentelemetry_is_suppressed(library: ModuleType, telemetry: Seeing) -> None:
    token = otel.attach(otel.set_value("suppress_instrumentation", value=True))
    try:
        answer = library.Client().ask("well", "done")
    finally:
        otel.detach(token)
    assert (answer, *told(telemetry)) == ("well done", [], [])


def test_metrics_are_complete_whatever_the_sampler_says(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    telemetry: Seeing = request.getfixturevalue("lean")
    for _ in range(3):
        library.Client().ask("well", "done")
    duration = telemetry.points("acme.duration")
    assert (telemetry.spans, duration) == ([], [Series("acme.duration", duration[0].labels, 3)])


class TestTakingBack:
    def test_what_was_there_is_there_again(self) -> None:
        module, patches = acme.library(), Patches()
        before = {name: dict(vars(getattr(module, name))) for name in ("Client", "AsyncClient")}
        for path in ("Client.ask", "AsyncClient.ask", "Client.__init__"):
            patches.endpoint(module, path, acme.endpoint(path))
        patches.undo()
        assert {name: dict(vars(getattr(module, name))) for name in ("Client", "AsyncClient")} == before

    def test_under_somebody_elses_wrapper_ours_does_nothing_any_more(self, telemetry: Seeing) -> None:
        module: Any = acme.library()
        patches = Patches()
        patches.endpoint(module, "ask", acme.endpoint("ask"))
        module.ask = functools.partial(module.ask)
        patches.undo()
        assert (module.ask("well", "done"), telemetry.spans) == ("well done", [])
