"""Histograms through an application's meter provider: whatever it aggregates and reads, it gets what was measured."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, AlwaysOnExemplarFilter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import (
    DropAggregation,
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    SumAggregation,
    View,
)
from opentelemetry.sdk.trace import TracerProvider

import tachograph

NAME = "tachograph.operation.duration"
DELTA: dict[type, AggregationTemporality] = {Histogram: AggregationTemporality.DELTA}
EXPONENTIAL: dict[type, Any] = {Histogram: ExponentialBucketHistogramAggregation()}
PROVIDERS: dict[str, Callable[[InMemoryMetricReader], MeterProvider]] = {
    "as it is": lambda reader: MeterProvider((reader,)),
    "with other buckets": lambda reader: MeterProvider(
        (reader,), views=(View(instrument_name=NAME, aggregation=ExplicitBucketHistogramAggregation((1, 2))),)
    ),
    "with fewer attributes": lambda reader: MeterProvider(
        (reader,), views=(View(instrument_name=NAME, attribute_keys=set()),)
    ),
    "as a sum": lambda reader: MeterProvider(
        (reader,), views=(View(instrument_name=NAME, aggregation=SumAggregation()),)
    ),
    "with all exemplars": lambda reader: MeterProvider((reader,), exemplar_filter=AlwaysOnExemplarFilter()),
    "without exemplars": lambda reader: MeterProvider((reader,), exemplar_filter=AlwaysOffExemplarFilter()),
}


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    tachograph.shutdown()


def measure(provider: MeterProvider, calls: int) -> None:
    tachograph.instrument(tracer_provider=TracerProvider(shutdown_on_exit=False), meter_provider=provider)
    work(calls)


def work(calls: int) -> None:
    for _ in range(calls):
        with tachograph.operation("work"):
            pass


def points(reader: InMemoryMetricReader) -> list[Any]:
    data: Any = reader.get_metrics_data()
    if data is None:
        return []
    metrics = [
        metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == NAME
    ]
    return [point for metric in metrics for point in metric.data.data_points]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_provider_gets_every_value(kind: str) -> None:
    reader = InMemoryMetricReader()
    provider = PROVIDERS[kind](reader)
    measure(provider, 600)
    first = points(reader)
    work(1)
    second = points(reader)
    provider.shutdown()
    counted = [getattr(point, "count", None) for point in (*first, *second)]
    assert counted == ([None, None] if kind == "as a sum" else [600, 601])
    assert 0 < getattr(first[0], "sum", getattr(first[0], "value", 0)) < getattr(second[0], "sum", 10)
    assert bool(first[0].exemplars) == (kind != "without exemplars")


def test_deltas_are_each_told_once() -> None:
    reader = InMemoryMetricReader(preferred_temporality=DELTA)
    provider = MeterProvider((reader,))
    measure(provider, 3)
    counted = [[point.count for point in points(reader)]]
    counted.append([point.count for point in points(reader)])
    work(2)
    counted.append([point.count for point in points(reader)])
    provider.shutdown()
    assert counted == [[3], [], [2]]


def test_two_readers_are_told_the_same_each_in_its_own_way() -> None:
    cumulative, exponential = InMemoryMetricReader(), InMemoryMetricReader(preferred_aggregation=EXPONENTIAL)
    provider = MeterProvider((cumulative, exponential))
    measure(provider, 5)
    told = [[point.count for point in points(reader)] for reader in (cumulative, exponential, cumulative)]
    provider.shutdown()
    assert told == [[5], [5], [5]]


def test_what_was_measured_before_the_end_is_there_after_it() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider((reader,))
    measure(provider, 4)
    tachograph.shutdown()
    told = [point.count for point in points(reader)]
    provider.shutdown()
    assert told == [4]


def test_a_dropped_histogram_is_no_ones() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider((reader,), views=(View(instrument_name=NAME, aggregation=DropAggregation()),))
    measure(provider, 4)
    told = points(reader)
    provider.shutdown()
    assert told == []
