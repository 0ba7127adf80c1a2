"""What is compared: the same work bare, with OpenTelemetry's own means, and with Tachograph, each both ways out.

A variant is made in a process of its own: it returns the call to measure, and what sends all that was measured.
"""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

Call = Callable[[], Any]
Flush = Callable[[], Any]
_NAME = "memory.create"
_CHUNKS = tuple(range(51))


def work() -> int:
    """The measured function does next to nothing: what is measured is what comes on top."""
    return 1


def _nothing() -> None:
    pass


def _sdk(endpoint: str, *, export: bool, sampled: bool = True) -> tuple[Any, Any, Flush]:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

    tracers = TracerProvider(sampler=ALWAYS_ON if sampled else ALWAYS_OFF)
    reader: Any = InMemoryMetricReader()
    if export:
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics"), 3_600_000)
    meters = MeterProvider((reader,))

    def flush() -> None:
        tracers.force_flush()
        if export:
            meters.force_flush()

    return tracers, meters, flush


def bare(_endpoint: str) -> tuple[Call, Flush]:
    """Call the function alone."""
    return work, _nothing


def opentelemetry(endpoint: str, *, export: bool = False, sampled: bool = True) -> tuple[Call, Flush]:
    """Use start_as_current_span and Histogram.record around the function."""
    tracers, meters, flush = _sdk(endpoint, export=export, sampled=sampled)
    tracer = tracers.get_tracer("application")
    histogram = meters.get_meter("application").create_histogram("operation.duration", "s")
    attributes = {"operation.name": _NAME}

    def call() -> int:
        started = perf_counter()
        with tracer.start_as_current_span(_NAME, attributes=attributes):
            result = work()
        histogram.record(perf_counter() - started, attributes)
        return result

    return call, flush


def _providers(endpoint: str, *, export: bool, sampled: bool) -> Flush:
    import tachograph

    tracers, meters, flush = _sdk(endpoint, export=export, sampled=sampled)
    tachograph.instrument(tracer_provider=tracers, meter_provider=meters)
    return flush


def _lean(endpoint: str, *, sampled: bool) -> Flush:
    import tachograph

    # Sent when `flush` says so, never in the midst of a measurement.
    os.environ |= {
        "OTEL_BSP_SCHEDULE_DELAY": "3600000",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000",
        "OTEL_METRIC_EXPORT_INTERVAL": "3600000",
        "OTEL_TRACES_SAMPLER": "always_on" if sampled else "always_off",
    }
    tachograph.setup("benchmark", endpoint)
    return lambda: tachograph.flush(30)


def _set_up(endpoint: str, *, lean: bool, export: bool, sampled: bool) -> Flush:
    if lean:
        return _lean(endpoint, sampled=sampled)
    return _providers(endpoint, export=export, sampled=sampled)


def decorated(endpoint: str, *, lean: bool = False, export: bool = False, sampled: bool = True) -> tuple[Call, Flush]:
    """Decorate the function with tachograph.operation."""
    flush = _set_up(endpoint, lean=lean, export=export, sampled=sampled)
    import tachograph

    return tachograph.operation(_NAME)(work), flush


def within(endpoint: str, *, lean: bool = False, export: bool = False) -> tuple[Call, Flush]:
    """Run the function within `with tachograph.operation(...)`."""
    flush = _set_up(endpoint, lean=lean, export=export, sampled=True)
    import tachograph

    def call() -> int:
        with tachograph.operation(_NAME):
            return work()

    return call, flush


def endpoint(endpoint: str, *, lean: bool = False, export: bool = False, sampled: bool = True) -> tuple[Call, Flush]:
    """Measure a method of a library as a database driver's: a leaf, with four labels."""
    flush = _set_up(endpoint, lean=lean, export=export, sampled=sampled)
    from tachograph.model import DB_BUCKETS, Endpoint, Metric, Shape, Subject
    from tachograph.wrap import measured

    labels: dict[str, str | int] = {
        "db.system.name": "acme",
        "db.operation.name": "GET",
        "server.address": "localhost",
        "server.port": 1,
    }
    duration = Metric("acme.duration", "histogram", "s", "Duration.", DB_BUCKETS)
    shape = Shape(Subject("db", duration, tuple(labels), leaf=True), "GET", labels)
    method = measured(Endpoint("acme:Client.get", lambda _client, _args, _kwargs: shape), lambda _client: 1)
    return lambda: method(None), flush


def stream(endpoint: str, *, lean: bool = False, export: bool = False) -> tuple[Call, Flush]:
    """Measure a stream of 51 chunks, read to its end."""
    flush = _set_up(endpoint, lean=lean, export=export, sampled=True)
    from tachograph.model import LLM_BUCKETS, ChunkReader, Endpoint, Metric, Outcome, Shape, Subject
    from tachograph.wrap import measured

    class Reader(ChunkReader):
        def read(self, chunk: Any) -> None:
            self.last = chunk

        def outcome(self) -> Outcome:
            return Outcome()

    duration, first, gap = (
        Metric(f"acme.{name}", "histogram", "s", name, LLM_BUCKETS) for name in ("duration", "first", "gap")
    )
    subject = Subject("llm", duration, ("acme.model",), first_chunk=first, per_chunk=gap)
    shape = Shape(subject, "chat", {"acme.model": "m1"})
    site = Endpoint("acme:Client.ask", lambda _c, _a, _k: shape, chunks=lambda _call: Reader())
    ask = measured(site, lambda _client: iter(_CHUNKS))

    def call() -> None:
        for _ in ask(None):
            pass

    return call, flush


def bare_stream(_endpoint: str) -> tuple[Call, Flush]:
    """Read 51 chunks."""

    def call() -> None:
        for _ in iter(_CHUNKS):
            pass

    return call, _nothing
