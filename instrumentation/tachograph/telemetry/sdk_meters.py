"""Histograms of OpenTelemetry's SDK, fed with less: straight into the aggregations that its views and readers made.

The first value of each series goes through the public API, which makes the aggregations; they are then looked up and
fed as the SDK itself feeds them (opentelemetry/sdk/metrics/_internal). Where they aggregate as our own cells do, which
is so without views, they are fed when they are read, with all that came since. `fits` compares all ways on a provider
of its own.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable
from time import time_ns
from typing import Any

import opentelemetry.context as otel
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider, TraceBasedExemplarFilter
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import DefaultAggregation
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from ..model import Labels, Metric
from .cells import HistogramCell
from .tracing import SPAN_KEY


class Measurement:
    """What an aggregation reads of a measurement."""

    __slots__ = ("attributes", "context", "instrument", "time_unix_nano", "value")

    def __init__(self, value: float, instrument: Any, context: Context, attributes: Any) -> None:
        self.value = value
        self.time_unix_nano = time_ns()
        self.instrument = instrument
        self.context = context
        self.attributes = attributes


class _Series:
    """One series of one histogram: the aggregations of every view and reader that take it."""

    def __init__(self, histogram: Any, labels: Labels) -> None:
        self._histogram = histogram
        self._attributes = dict(labels)
        self._consumer = histogram._measurement_consumer  # noqa: SLF001 - as all below; see the module's docstring
        self._readers: Any = None
        self._aggregations: list[Any] = []

    def _begun(self, value: float, context: Context | None) -> bool:
        """Make the aggregations where that is still to be done: with this value, which is then recorded."""
        if self._consumer._reader_storages is self._readers:  # noqa: SLF001
            return False
        self._histogram.record(value, self._attributes, context)
        self._find()
        return True

    def _find(self) -> None:
        readers = self._consumer._reader_storages  # noqa: SLF001
        self._aggregations = [
            aggregation
            for storage in readers.values()
            for match in storage._get_or_init_view_instrument_match(self._histogram)  # noqa: SLF001
            for aggregation in match._attributes_aggregation.values()  # noqa: SLF001
            if aggregation._attributes == self._seen_by(match)  # noqa: SLF001
        ]
        self._readers = readers

    def _seen_by(self, match: Any) -> dict[str, Any]:
        keys = match._view._attribute_keys  # noqa: SLF001
        return self._attributes if keys is None else {k: v for k, v in self._attributes.items() if k in keys}


class SdkSeries(_Series):
    """A series that is fed with each value."""

    def record(self, value: float, context: Context | None) -> None:
        """Record one value."""
        if self._begun(value, context):
            return
        if context is None:
            context = otel.get_current()
        measurement = Measurement(value, self._histogram, context, self._attributes)
        exemplar = self._consumer._sdk_config.exemplar_filter.should_sample(  # noqa: SLF001
            value, measurement.time_unix_nano, self._attributes, context
        )
        for aggregation in self._aggregations:
            aggregation.aggregate(measurement, exemplar)


class KeptSeries(_Series):
    """A series whose values a cell keeps until they are read."""

    def __init__(self, histogram: Any, cell: HistogramCell) -> None:
        super().__init__(histogram, cell.labels)
        self._cell = cell

    def hand_on(self) -> None:
        """Add what came since the last time to the aggregations."""
        counts, total, minimum, maximum, exemplars = self._cell.take()
        if not any(counts):
            return
        if self._begun(minimum, Context()):
            counts[bisect_left(self._cell.metric.buckets, minimum)] -= 1
            total -= minimum
        for aggregation in self._aggregations:
            if getattr(aggregation, "_boundaries", None) != self._cell.metric.buckets:
                self._one_by_one(aggregation, sum(counts), total)
                continue
            with aggregation._lock:  # noqa: SLF001
                _add(aggregation, counts, total, minimum, maximum)
            for value, trace_id, span_id in exemplars.values():
                self._offer(aggregation, value, trace_id, span_id)

    def _one_by_one(self, aggregation: Any, count: int, total: float) -> None:
        """Serve a reader that came later and aggregates otherwise: what is kept has no single values any more."""
        for _ in range(count):
            aggregation.aggregate(
                Measurement(total / count, self._histogram, Context(), self._attributes),
                False,  # noqa: FBT003 - the SDK's signature
            )

    def _offer(self, aggregation: Any, value: float, trace_id: int, span_id: int) -> None:
        span = NonRecordingSpan(SpanContext(trace_id, span_id, False, _SAMPLED))  # noqa: FBT003 - it is not remote
        measurement = Measurement(value, self._histogram, Context({SPAN_KEY: span}), self._attributes)
        exemplar = self._consumer._sdk_config.exemplar_filter.should_sample(  # noqa: SLF001
            value, measurement.time_unix_nano, self._attributes, measurement.context
        )
        aggregation._sample_exemplar(measurement, exemplar)  # noqa: SLF001


_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def _add(aggregation: Any, counts: list[int], total: float, minimum: float, maximum: float) -> None:
    """Do for all values what _ExplicitBucketHistogramAggregation.aggregate does for one."""
    known = aggregation._value or aggregation._get_empty_bucket_counts()  # noqa: SLF001
    aggregation._value = [before + more for before, more in zip(known, counts, strict=True)]  # noqa: SLF001
    aggregation._sum += total  # noqa: SLF001
    if aggregation._record_min_max:  # noqa: SLF001
        aggregation._min = min(aggregation._min, minimum)  # noqa: SLF001
        aggregation._max = max(aggregation._max, maximum)  # noqa: SLF001


def aggregates_alike(histogram: Any) -> bool:
    """Tell whether all readers aggregate a histogram as our cells do: in its own buckets, with exemplars of traces."""
    config = histogram._measurement_consumer._sdk_config  # noqa: SLF001
    if config.views or type(config.exemplar_filter) not in (TraceBasedExemplarFilter, AlwaysOffExemplarFilter):
        return False
    storages = histogram._measurement_consumer._reader_storages.values()  # noqa: SLF001
    kinds = (storage._instrument_class_aggregation[type(histogram)] for storage in storages)  # noqa: SLF001
    return all(type(kind) is DefaultAggregation for kind in kinds)


def fits() -> bool:
    """Tell whether a reader of the SDK in use collects the same from all ways."""
    expected = _collected(_publicly)
    return bool(expected == _collected(_each) == _collected(_kept))


_PROBE = Metric("probe", "histogram", "", "", (1, 10))
_LABELS: Labels = (("name", "probe"), ("port", 1))
_Feed = Callable[[MeterProvider, Any], None]


def _publicly(_provider: MeterProvider, histogram: Any) -> None:
    for value in (0.5, 5.0, 50.0):
        histogram.record(value, dict(_LABELS), Context())


def _each(_provider: MeterProvider, histogram: Any) -> None:
    series = SdkSeries(histogram, _LABELS)
    for value in (0.5, 5.0, 50.0):
        series.record(value, Context())


def _kept(provider: MeterProvider, histogram: Any) -> None:
    if not aggregates_alike(histogram):
        raise NotImplementedError
    cell = HistogramCell(_PROBE, _LABELS)
    series = KeptSeries(histogram, cell)
    for value in (5.0, 0.5):
        cell.record(value)
    series.hand_on()
    # Read only when the reader reads, which is to ask first.
    cell.record(50.0)

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        series.hand_on()
        return ()

    provider.get_meter("probe").create_observable_gauge("kept", [observe])


def _collected(feed: _Feed) -> Any:
    reader = InMemoryMetricReader()
    provider = MeterProvider((reader,), shutdown_on_exit=False)
    feed(
        provider,
        provider.get_meter("probe").create_histogram("probe", explicit_bucket_boundaries_advisory=_PROBE.buckets),
    )
    data: Any = reader.get_metrics_data()
    provider.shutdown()
    points = json.loads(data.to_json())["resource_metrics"][0]["scope_metrics"][0]["metrics"][0]["data"]["data_points"]
    return [{key: value for key, value in point.items() if "time_unix_nano" not in key} for point in points]
