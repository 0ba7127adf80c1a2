"""Decoding and storing in one process, on one core: points a second of the process' own CPU clock."""

import gc
import time
from collections.abc import Callable
from statistics import median

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tachograph_exporter.otlp.metrics import MetricsIntake
from tachograph_exporter.otlp.options import Options
from tachograph_exporter.otlp.spans import SpanIntake
from tachograph_exporter.store import Store
from tachograph_exporter.store.traces import Traces

from .load import CUMULATIVE, DELTA, Export

_BATCH = 1_000


def measure(rounds: int) -> dict[str, float]:
    """Return points a second by what was sent; the median over rounds."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, rate in (
            ("histograms, cumulative", _rate(Export(_BATCH, temporality=CUMULATIVE))),
            ("histograms, delta", _rate(Export(_BATCH, temporality=DELTA))),
            ("histograms, cumulative, two exemplars each", _rate(Export(_BATCH, exemplars=2))),
            ("histograms, cumulative, nothing new", _rate(Export(_BATCH), changing=False)),
            ("histograms, new series each", _new_series()),
            ("spans of six attributes", _spans()),
            ("the plain way: protobuf's own classes and a dict", _plain(Export(_BATCH))),
        ):
            found.setdefault(name, []).append(rate)
    return {name: median(rates) for name, rates in found.items()}


def _rate(export: Export, *, changing: bool = True) -> float:
    bodies = [export.body() for _ in range(30)]
    intake = MetricsIntake(Store(), Options())
    intake.take(bodies[0])
    if not changing:
        bodies = bodies[:1] * 30
    return _timed(lambda: [intake.take(body) for body in bodies[1:]], 29 * _BATCH)


def _new_series() -> float:
    bodies = [Export(_BATCH, service=f"service-{number}").body() for number in range(10)]
    intake = MetricsIntake(Store(), Options())
    return _timed(lambda: [intake.take(body) for body in bodies], 10 * _BATCH)


def _spans() -> float:
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "checkout"
    scope = resource.scope_spans.add()
    for number in range(_BATCH):
        span = scope.spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            name=f"SELECT table_{number % 20}",
            start_time_unix_nano=10**18,
            end_time_unix_nano=10**18 + number * 1000,
        )
        for key in range(6):
            span.attributes.add(key=f"db.attribute.{key}").value.string_value = f"value-{key}"
    body = message.SerializeToString()
    intake = SpanIntake(Traces())
    return _timed(lambda: [intake.take(body) for _ in range(20)], 20 * _BATCH)


def _plain(export: Export) -> float:
    """Do what a first version would: decode with the published classes, key a dict by the attributes."""
    bodies = [export.body() for _ in range(6)]
    cells: dict[object, tuple[int, float, list[int]]] = {}

    def take(body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.histogram.data_points:
                        labels = tuple((pair.key, pair.value.string_value) for pair in point.attributes)
                        cells[metric.name, labels] = (point.count, point.sum, list(point.bucket_counts))

    def take_all() -> None:
        for body in bodies:
            take(body)

    return _timed(take_all, 6 * _BATCH)


def _timed(work: Callable[[], object], points: int) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return points / (time.process_time() - start)
