"""Where a statement's time goes: its parts, each in a loop of its own in this one process."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

import tachograph
from benchmarks.rounds import receiver
from tachograph import call as calls
from tachograph.databases.database import database
from tachograph.databases.rows import returned

_CALLS, _STATEMENT = 1000, "SELECT 1"
_FEW = {"db.system": "sqlite", "db.name": ":memory:", "db.statement": _STATEMENT}


def table(*, rounds: int) -> list[str]:
    """Return the table's lines."""
    with _own_pipeline() as flush:
        own = _parts(rounds, flush)
        sent = _sent(flush, rounds)
    with _providers() as (spans, forget):
        through = _parts(rounds, forget)
        ours = spans()
        encoded = {"ours": _encoded(ours, rounds), "few": _encoded(_plain_spans(), rounds)}
        attributes = len(ours[0].attributes)
    rows = (
        ("the driver alone", own["bare"], through["bare"]),
        ("a call: context, ids, span, histograms, failures in a row, slow statements", own["call"], through["call"]),
        ("the cursor: the statement's shape, steps, rows, transactions", _cursor(own), _cursor(through)),
        (f"a span of {len(_FEW)} attributes as OTLP", None, encoded["few"]),
        (
            f"our span, of {attributes}, as OTLP (own pipeline: sent, with its share of a request)",
            sent,
            encoded["ours"],
        ),
    )
    return [
        "",
        "## Where it goes",
        "",
        f"sqlite3, {_STATEMENT}, each part in a loop of its own; between system calls, in cold caches, a part",
        "costs two to four times as much. What is left through the application's own exporter is the exporter's: it",
        "builds each attribute of each span anew, and ours has more of them than OpenTelemetry's instrumentor sets.",
        "",
        "| us of CPU time | Tachograph's pipeline | the application's providers |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {_told(first)} | {_told(second)} |" for name, first, second in rows),
    ]


def _told(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _cursor(parts: dict[str, float]) -> float:
    return parts["full"] - parts["call"] - parts["bare"]


def _parts(rounds: int, between: Callable[[], Any]) -> dict[str, float]:
    shape, outcome = database("sqlite", ":memory:", None, None).shape(_STATEMENT), returned(1)
    measured, bare = sqlite3.connect(":memory:").cursor(), sqlite3.dbapi2.Connection(":memory:").cursor()

    def call() -> None:
        begun = calls.begin(shape)
        if begun is not None:
            calls.finish(begun, outcome)

    loops: dict[str, Callable[[], Any]] = {
        "bare": lambda: bare.execute(_STATEMENT).fetchall(),
        "call": call,
        "full": lambda: measured.execute(_STATEMENT).fetchall(),
    }
    return {name: _microseconds(loop, rounds, between) for name, loop in loops.items()}


def _microseconds(loop: Callable[[], Any], rounds: int, between: Callable[[], Any]) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time_ns()
        for _ in range(_CALLS):
            loop()
        taken.append((time.process_time_ns() - began) / _CALLS / 1e3)
        between()
    return median(taken)


def _sent(flush: Callable[[], Any], rounds: int) -> float:
    """Return what sending takes a span: its bytes, and its share of one request."""
    shape, outcome, taken = database("sqlite", ":memory:", None, None).shape(_STATEMENT), returned(1), []
    for _ in range(rounds):
        for _ in range(_CALLS):
            begun = calls.begin(shape)
            if begun is not None:
                calls.finish(begun, outcome)
        began = time.process_time_ns()
        flush()
        taken.append((time.process_time_ns() - began) / _CALLS / 1e3)
    return median(taken)


def _encoded(spans: Any, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time_ns()
        encode_spans(spans).SerializeToString()
        taken.append((time.process_time_ns() - began) / len(spans) / 1e3)
    return median(taken)


def _plain_spans() -> list[Any]:
    tracer, spans = TracerProvider(shutdown_on_exit=False).get_tracer("application"), []
    for _ in range(_CALLS):
        span = tracer.start_span(_STATEMENT, kind=SpanKind.CLIENT, attributes=_FEW)
        span.end()
        spans.append(span)
    return spans


@contextmanager
def _own_pipeline() -> Iterator[Callable[[], Any]]:
    os.environ |= {"OTEL_BSP_SCHEDULE_DELAY": "3600000", "OTEL_METRIC_EXPORT_INTERVAL": "3600000"}
    os.environ |= {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000", "OTEL_BSP_MAX_QUEUE_SIZE": "100000"}
    with receiver() as endpoint:
        tachograph.setup("benchmark", endpoint)
        tachograph.instrument()
        try:
            yield lambda: tachograph.flush(30)
        finally:
            tachograph.uninstrument()
            tachograph.shutdown()


@contextmanager
def _providers() -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
    tracers, kept = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    tachograph.instrument(tracer_provider=tracers, meter_provider=MeterProvider((InMemoryMetricReader(),)))

    def spans() -> Any:
        tracers.add_span_processor(SimpleSpanProcessor(kept))
        shape, outcome = database("sqlite", ":memory:", None, None).shape(_STATEMENT), returned(1)
        for _ in range(_CALLS):
            begun = calls.begin(shape)
            if begun is not None:
                calls.finish(begun, outcome)
        return kept.get_finished_spans()

    try:
        yield spans, lambda: None
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
