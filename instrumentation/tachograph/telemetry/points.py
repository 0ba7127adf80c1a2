"""Metrics as OTLP: a whole registry into one ExportMetricsServiceRequest (opentelemetry/proto/metrics/v1)."""

from ..model import Labels, Metric
from . import wire
from .cells import HistogramCell
from .registry import Registry

_CUMULATIVE = wire.enum(2, 2)


def metrics_request(registry: Registry, resource: bytes, scope: bytes, now_ns: int) -> bytes:
    """Encode all series; empty where there are none."""
    body = b"".join(_metric(registry, metric, now_ns) for metric in registry.metrics())
    return wire.message(1, resource + wire.message(2, scope + body)) if body else b""


def _metric(registry: Registry, metric: Metric, now_ns: int) -> bytes:
    started = registry.started_ns
    if metric.kind == "histogram":
        points = b"".join(
            _histogram_point(cell, started, now_ns)
            for cell in registry.cells(metric)
            if isinstance(cell, HistogramCell)
        )
        data = wire.message(9, points + _CUMULATIVE)
    else:
        points = b"".join(
            _number_point(labels, value, started, now_ns) for labels, value in registry.observations(metric)
        )
        if metric.kind == "gauge":
            data = wire.message(5, points)
        else:
            data = wire.message(7, points + _CUMULATIVE + wire.enum(3, metric.kind == "counter"))
    if not points:
        return b""
    head = wire.text(1, metric.name) + wire.text(2, metric.description) + wire.text(3, metric.unit)
    return wire.message(2, head + data)


def _histogram_point(cell: HistogramCell, started_ns: int, now_ns: int) -> bytes:
    cell.fold()
    count = sum(cell.counts)
    if not count:
        return b""
    if cell.wire is None:
        cell.wire = wire.attributes(9, dict(cell.labels)) + wire.packed_double(7, cell.metric.buckets)
    exemplars = b"".join(
        wire.message(
            8,
            wire.fixed64(2, now_ns)
            + wire.double(3, value)
            + wire.message(4, span_id.to_bytes(8, "big"))
            + wire.message(5, trace_id.to_bytes(16, "big")),
        )
        for value, trace_id, span_id in cell.take_exemplars().values()
    )
    return wire.message(
        1,
        wire.fixed64(2, started_ns)
        + wire.fixed64(3, now_ns)
        + wire.fixed64(4, count)
        + wire.double(5, cell.sum)
        + wire.packed_fixed64(6, cell.counts)
        + cell.wire
        + exemplars
        + wire.double(11, cell.minimum)
        + wire.double(12, cell.maximum),
    )


def _number_point(labels: Labels, value: float, started_ns: int, now_ns: int) -> bytes:
    number = wire.signed_fixed64(6, value) if isinstance(value, int) else wire.double(4, value)
    return wire.message(
        1, wire.attributes(7, dict(labels)) + wire.fixed64(2, started_ns) + wire.fixed64(3, now_ns) + number
    )
