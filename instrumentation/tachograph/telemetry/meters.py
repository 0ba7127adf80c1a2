"""Metrics through the meter provider that the application set up: its views and readers see them."""

from collections.abc import Callable, Iterable

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from ..model import Labels, Metric
from .cells import Forward, SpanIds
from .registry import Registry


class ApiMeters:
    """Hands a registry's metrics to OpenTelemetry instruments: histograms at each value, all others when collected."""

    def __init__(self, meter: Meter, registry: Registry) -> None:
        self._meter = meter
        self._registry = registry
        self._known: set[Metric] = set()

    def connect(self) -> None:
        """Hand on all that there is, and all that comes."""
        self._registry.forward_to(self._forward)
        self._registry.on_metric = self._observe
        for metric in self._registry.metrics():
            self._observe(metric)

    def disconnect(self) -> None:
        """Keep the metrics here again."""
        self._registry.on_metric = None
        self._registry.forward_to(None)

    def _forward(self, metric: Metric) -> Forward:
        histogram = self._meter.create_histogram(
            metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=metric.buckets
        )

        def forward(value: float, labels: Labels, call: SpanIds | None) -> None:
            histogram.record(value, dict(labels), _exemplar_context(call))

        return forward

    def _observe(self, metric: Metric) -> None:
        if metric.kind == "histogram" or metric in self._known:
            return
        self._known.add(metric)
        create = {
            "counter": self._meter.create_observable_counter,
            "updown": self._meter.create_observable_up_down_counter,
            "gauge": self._meter.create_observable_gauge,
        }[metric.kind]
        create(metric.name, [self._callback(metric)], metric.unit, metric.description)

    def _callback(self, metric: Metric) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            for labels, value in self._registry.observations(metric):
                yield Observation(value, dict(labels))

        return observe


def _exemplar_context(call: SpanIds | None) -> Context | None:
    if call is None or not call.sampled:
        return None
    ids = SpanContext(call.trace_id, call.span_id, False, TraceFlags(TraceFlags.SAMPLED))  # noqa: FBT003
    return set_span_in_context(NonRecordingSpan(ids), Context())
