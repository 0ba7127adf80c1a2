"""Exports as an application's SDK would send them, and an exporter half that receives them with a clock of its own."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from prometheus_client.parser import text_string_to_metric_families

from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.otlp import Options, Receiver
from tachograph_exporter.store import Limits, Store
from tachograph_exporter.store.traces import Traces

DELTA, CUMULATIVE = 1, 2
PROTOBUF, JSON = "application/x-protobuf", "application/json"
BASE = 1_700_000_000 * 10**9

Attributes = Mapping[str, Any]


def nanoseconds(seconds: float) -> int:
    return BASE + round(seconds * 1e9)


def attribute(key: str, value: Any) -> KeyValue:
    kinds = {bool: "bool_value", int: "int_value", float: "double_value", bytes: "bytes_value", str: "string_value"}
    if isinstance(value, AnyValue):
        return KeyValue(key=key, value=value)
    return KeyValue(key=key, value=AnyValue(**{kinds[type(value)]: value}))


def attributes(pairs: Attributes) -> list[KeyValue]:
    return [attribute(key, value) for key, value in pairs.items()]


@dataclass(frozen=True)
class When:
    """The time a point covers, in seconds of the test's clock; None is a time the sender does not tell."""

    start: float | None = 0
    time: float | None = 1

    @property
    def fields(self) -> dict[str, int]:
        return {
            "start_time_unix_nano": 0 if self.start is None else nanoseconds(self.start),
            "time_unix_nano": 0 if self.time is None else nanoseconds(self.time),
        }


def counter(
    name: str,
    value: float,
    when: When = When(),
    *,
    labels: Attributes | None = None,
    unit: str = "",
    temporality: int = CUMULATIVE,
    monotonic: bool = True,
    description: str = "",
) -> Metric:
    metric = Metric(name=name, unit=unit, description=description)
    metric.sum.is_monotonic = monotonic
    metric.sum.aggregation_temporality = temporality  # type: ignore[assignment]
    number = {"as_int": value} if isinstance(value, int) else {"as_double": value}
    metric.sum.data_points.add(attributes=attributes(labels or {}), **number, **when.fields)
    return metric


def gauge(name: str, value: float, when: When = When(), *, labels: Attributes | None = None, unit: str = "") -> Metric:
    metric = Metric(name=name, unit=unit)
    metric.gauge.data_points.add(attributes=attributes(labels or {}), as_double=value, **when.fields)
    return metric


def histogram(
    name: str,
    counts: Iterable[int],
    when: When = When(),
    *,
    bounds: Iterable[float] = (0.1, 1.0),
    total: float = 0.0,
    labels: Attributes | None = None,
    unit: str = "s",
    temporality: int = CUMULATIVE,
) -> Metric:
    metric = Metric(name=name, unit=unit)
    metric.histogram.aggregation_temporality = temporality  # type: ignore[assignment]
    counts = list(counts)
    metric.histogram.data_points.add(
        attributes=attributes(labels or {}),
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=bounds,
        **when.fields,
    )
    return metric


def request(
    *metrics: Metric, resource: Attributes | None = None, scope: Attributes | None = None
) -> ExportMetricsServiceRequest:
    """Return one process' export; `scope` may have name, version, schema_url and attributes."""
    message = ExportMetricsServiceRequest()
    by_resource = message.resource_metrics.add()
    by_resource.resource.attributes.extend(attributes({"service.name": "shop"} if resource is None else resource))
    by_scope = by_resource.scope_metrics.add()
    given = dict(scope or {})
    by_scope.schema_url = given.pop("schema_url", "")
    by_scope.scope.attributes.extend(attributes(given.pop("attributes", {})))
    for name, value in given.items():
        setattr(by_scope.scope, name, value)
    by_scope.metrics.extend(metrics)
    return message


@dataclass(frozen=True)
class Reply:
    """What a sender is told."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def rejected(self) -> tuple[int, str]:
        partial = ExportMetricsServiceResponse.FromString(self.body).partial_success
        return partial.rejected_data_points, partial.error_message


@dataclass
class Clock:
    """Time that passes when told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Exporter:
    """The receiver and the store, opened at the time 0 of its clock."""

    limits: Limits = field(default_factory=Limits)
    options: Options = field(default_factory=Options)
    clock: Clock = field(default_factory=Clock)
    traces: Traces = field(default_factory=Traces)

    def __post_init__(self) -> None:
        self.store = Store(self.limits, clock=self.clock)
        self.receiver = Receiver(self.store, self.traces, self.options)

    def send(
        self, *metrics: Metric, at: float = 1, resource: Attributes | None = None, scope: Attributes | None = None
    ) -> Reply:
        """Export metrics at a time."""
        self.clock.seconds = at
        return self.post(request(*metrics, resource=resource, scope=scope).SerializeToString())

    def post(self, body: bytes, path: str = "/v1/metrics", *, method: str = "POST", **headers: str) -> Reply:
        """Send one request, its body in one piece."""
        return asyncio.run(self.exchange([body], path, method, headers))

    async def exchange(self, pieces: Iterable[bytes], path: str, method: str, headers: Mapping[str, str]) -> Reply:
        waiting = list(pieces)
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            piece = waiting.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

        async def send(message: Any) -> None:
            sent.append(message)

        named = {"content-type": PROTOBUF} | {name.replace("_", "-"): value for name, value in headers.items()}
        encoded = [(name.encode(), value.encode()) for name, value in named.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": encoded}
        await self.receiver(scope, receive, send)
        told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], told, b"".join(message["body"] for message in sent[1:]))

    def text(self) -> str:
        return TextWriter().write(self.store.metrics()).decode()

    def samples(self, prefix: str) -> dict[str, float]:
        """Return the samples whose names begin so, as `name{label="value",...}`."""
        found = {}
        for family in text_string_to_metric_families(self.text()):
            for sample in family.samples:
                if sample.name.startswith(prefix):
                    pairs = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                    found[f"{sample.name}{{{pairs}}}" if pairs else sample.name] = sample.value
        return found
