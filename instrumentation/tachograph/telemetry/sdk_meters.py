"""Histograms of OpenTelemetry's SDK, fed with less: straight into the aggregations that its views and readers made.

The first value of each series goes through the public API, which makes the aggregations; they are then looked up and
fed as the SDK itself feeds them (opentelemetry/sdk/metrics/_internal). `fits` compares both ways on a provider of its
own.
"""

import json
from time import time_ns
from typing import Any

import opentelemetry.context as otel
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from ..model import Labels


class Measurement:
    """What an aggregation reads of a measurement."""

    __slots__ = ("attributes", "context", "instrument", "time_unix_nano", "value")

    def __init__(self, value: float, instrument: Any, context: Context, attributes: Any) -> None:
        self.value = value
        self.time_unix_nano = time_ns()
        self.instrument = instrument
        self.context = context
        self.attributes = attributes


class SdkSeries:
    """One series of one histogram: the aggregations of every view and reader that take it."""

    def __init__(self, histogram: Any, labels: Labels) -> None:
        self._histogram = histogram
        self._attributes = dict(labels)
        self._consumer = histogram._measurement_consumer  # noqa: SLF001 - as all below; see the module's docstring
        self._readers: Any = None
        self._aggregations: list[Any] = []

    def record(self, value: float, context: Context | None) -> None:
        """Record one value."""
        consumer = self._consumer
        if consumer._reader_storages is not self._readers:  # noqa: SLF001
            self._histogram.record(value, self._attributes, context)
            self._find()
            return
        if context is None:
            context = otel.get_current()
        measurement = Measurement(value, self._histogram, context, self._attributes)
        exemplar = consumer._sdk_config.exemplar_filter.should_sample(  # noqa: SLF001
            value, measurement.time_unix_nano, self._attributes, context
        )
        for aggregation in self._aggregations:
            aggregation.aggregate(measurement, exemplar)

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


def fits() -> bool:
    """Tell whether a reader of the SDK in use collects the same from both ways."""
    return bool(_collected(lean=True) == _collected(lean=False))


def _collected(*, lean: bool) -> Any:
    reader = InMemoryMetricReader()
    provider = MeterProvider((reader,), shutdown_on_exit=False)
    histogram = provider.get_meter("probe").create_histogram("probe", explicit_bucket_boundaries_advisory=(1, 10))
    series = SdkSeries(histogram, (("name", "probe"), ("port", 1)))
    for value in (0.5, 5.0, 50.0):
        if lean:
            series.record(value, Context())
        else:
            histogram.record(value, {"name": "probe", "port": 1}, Context())
    data: Any = reader.get_metrics_data()
    provider.shutdown()
    points = json.loads(data.to_json())["resource_metrics"][0]["scope_metrics"][0]["metrics"][0]["data"]["data_points"]
    return [{key: value for key, value in point.items() if "time_unix_nano" not in key} for point in points]
