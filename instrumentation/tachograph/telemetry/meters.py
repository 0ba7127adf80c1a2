"""Metrics through the meter provider that the application set up: its views and readers see them."""

from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, MeterProvider, Observation

from ..model import Call, Labels, Metric
from ..version import __version__
from .cells import Forward, HistogramCell
from .garbage import GARBAGE
from .registry import Registry
from .tracing import SPAN_KEY


class ApiMeters:
    """Hands a registry's metrics to OpenTelemetry instruments: histograms at each value, all others when collected."""

    def __init__(self, provider: MeterProvider, registry: Registry) -> None:
        self._provider = provider
        self._registry = registry
        self._meter = self._new_meter("tachograph")
        self._observed: set[str] = set()
        self._histograms: dict[Metric, Histogram] = {}
        self._sdk = _fitting_sdk(provider)
        self._kept: list[Any] = []

    def connect(self) -> None:
        """Hand on all that there is, and all that comes."""
        if self._sdk is not None:
            # It tells nothing: it is asked at each collection, before histograms are read.
            self._meter.create_observable_gauge("tachograph.histograms", [self._settle])
        self._registry.forward_to(self._forward)
        self._registry.on_metric = self._observe
        for metric in self._registry.metrics():
            self._observe(metric)

    def disconnect(self) -> None:
        """Keep the metrics here again."""
        self._registry.on_metric = None
        self._registry.forward_to(None)
        self._settle()
        self._kept.clear()

    def _new_meter(self, name: str) -> Meter:
        return self._provider.get_meter(name, __version__)

    def _forward(self, cell: HistogramCell) -> Forward | None:
        metric, labels = cell.metric, cell.labels
        histogram = self._histograms.get(metric)
        if histogram is None:
            histogram = self._histograms[metric] = self._new_histogram(metric)
        if self._sdk is not None and metric.buckets and self._sdk.aggregates_alike(histogram):
            self._kept.append(self._sdk.KeptSeries(histogram, cell))
            return None
        series = ApiSeries(histogram, labels) if self._sdk is None else self._sdk.SdkSeries(histogram, labels)

        def forward(value: float, call: Call | None) -> None:
            sampled = call is not None and call.sampled and call.span is not None
            series.record(value, Context({SPAN_KEY: call.span}) if call is not None and sampled else None)

        return forward

    def _settle(self, _options: CallbackOptions | None = None) -> Iterable[Observation]:
        """Hand on what was kept since the last time."""
        GARBAGE.catch_up()
        for series in list(self._kept):
            series.hand_on()
        return ()

    def _new_histogram(self, metric: Metric) -> Histogram:
        # One meter has one set of buckets for a name; an operation with buckets of its own needs a meter of its own.
        twins = sum(known.name == metric.name for known in self._histograms)
        meter = self._new_meter(f"tachograph.{twins}") if twins else self._meter
        return meter.create_histogram(
            metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=metric.buckets
        )

    def _observe(self, metric: Metric) -> None:
        if metric.kind == "histogram" or metric.name in self._observed:
            return
        self._observed.add(metric.name)
        create = {
            "counter": self._meter.create_observable_counter,
            "updown": self._meter.create_observable_up_down_counter,
            "gauge": self._meter.create_observable_gauge,
        }[metric.kind]
        create(metric.name, [self._callback(metric.name)], metric.unit, metric.description)

    def _callback(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            GARBAGE.catch_up()
            for metric in self._registry.metrics():
                if metric.name == name:
                    for labels, value in self._registry.observations(metric):
                        yield Observation(value, dict(labels))

        return observe


class ApiSeries:
    """One series of one histogram, through the public API."""

    def __init__(self, histogram: Histogram, labels: Labels) -> None:
        self._histogram = histogram
        self._attributes = dict(labels)

    def record(self, value: float, context: Context | None) -> None:
        """Record one value."""
        self._histogram.record(value, self._attributes, context)


def _fitting_sdk(provider: MeterProvider) -> Any:
    """Return the module that feeds histograms of OpenTelemetry's SDK with less, where the SDK is one that it fits."""
    if not type(provider).__module__.startswith("opentelemetry.sdk."):
        return None
    try:
        from . import sdk_meters  # noqa: PLC0415 - only where the application has loaded the SDK

        return sdk_meters if sdk_meters.fits() else None
    except Exception:  # noqa: BLE001 - an SDK with other insides: the public API serves it
        return None
