"""What runs inside the environments of those compared: Tachograph, the application's providers, the loop of rounds.

The workers import this beside what they measure, so it needs nothing but the standard library until it is asked.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

Flush = Callable[[], Any]
Batch = Callable[[int], Any]
_HOUR = 3_600_000


def nothing() -> None:
    """Send nothing."""


def repeated(call: Callable[[], Any]) -> Batch:
    """Return what makes so many calls."""

    def batch(calls: int) -> None:
        for _ in range(calls):
            call()

    return batch


def providers(endpoint: str, *, sends: bool) -> tuple[Any, Any, Flush]:
    """Return the application's providers of OpenTelemetry's SDK, and what sends all that they have."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracers = TracerProvider()
    reader: Any = InMemoryMetricReader()
    if sends:
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics"), _HOUR)
    meters = MeterProvider((reader,))

    def flush() -> None:
        tracers.force_flush()
        if sends:
            meters.force_flush()

    return tracers, meters, flush


def tachograph_lean(endpoint: str, *, sends: bool) -> Flush:  # noqa: ARG001 - it is told when to send
    """Turn on Tachograph with its own pipeline, which sends when it is told to."""
    import tachograph

    long = {"OTEL_BSP_SCHEDULE_DELAY": str(_HOUR), "OTEL_METRIC_EXPORT_INTERVAL": str(_HOUR)}
    os.environ |= {**long, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000", "OTEL_BSP_MAX_QUEUE_SIZE": "100000"}
    tachograph.setup("benchmark", endpoint)
    tachograph.instrument()
    return lambda: tachograph.flush(30)


def tachograph_providers(endpoint: str, *, sends: bool) -> Flush:
    """Turn on Tachograph through the application's providers."""
    import tachograph

    tracers, meters, flush = providers(endpoint, sends=sends)
    tachograph.instrument(tracer_provider=tracers, meter_provider=meters)
    return flush


def opentelemetry(instrumentors: Iterable[Any], endpoint: str, *, sends: bool) -> Flush:
    """Turn on OpenTelemetry's own instrumentors."""
    tracers, meters, flush = providers(endpoint, sends=sends)
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=tracers, meter_provider=meters)
    return flush


def ddtrace(libraries: Iterable[str], endpoint: str) -> Flush:
    """Turn on ddtrace; it always sends to its agent, here the receiver."""
    os.environ |= {"DD_TRACE_AGENT_URL": endpoint, "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false"}
    os.environ |= {"DD_REMOTE_CONFIGURATION_ENABLED": "false", "DD_TRACE_STARTUP_LOGS": "false"}
    from ddtrace import patch
    from ddtrace.trace import tracer

    patch(**dict.fromkeys(libraries, True))
    return tracer.flush


def serve(start: Callable[[], tuple[Batch, Flush]], *, sends: bool) -> None:
    """Answer each number of calls on stdin with their CPU seconds a call, the sending included where it is measured."""
    logging.disable()
    answers, sys.stdout = sys.stdout, sys.stderr
    batch, flush = start()
    for line in sys.stdin:
        calls = int(line)
        # a process that waited for its turn finds its memory cold
        batch(calls // 2)
        flush()
        began = time.process_time()
        batch(calls)
        if sends:
            flush()
        spent = time.process_time() - began
        if not sends:
            flush()
        print(spent / calls, file=answers, flush=True)
