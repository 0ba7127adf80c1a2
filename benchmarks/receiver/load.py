"""Exports as an SDK would send them, and cheap to make new ones of: only times, counts and sums are written anew."""

import struct
import time

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
LINES = len(BOUNDS) + 3  # a bucket each, +Inf, count and sum
DELTA, CUMULATIVE = 1, 2
_TIME, _START, _COUNT, _SUM = 0x1122334455667788, 0x2233445566778899, 0x33445566778899AA, 0x44556677_8899AABB
_BUCKET = 0x5566778899AABB00
_NUMBER = struct.Struct("<Q")
_FLOAT = struct.Struct("<d")
_METRICS_EACH = 500  # series a metric has before the next begins


class Export:
    """One process' export of so many histograms; each call of `body` counts three observations more in each."""

    def __init__(
        self,
        series: int,
        *,
        process: int = 0,
        service: str = "checkout",
        temporality: int = CUMULATIVE,
        exemplars: int = 0,
    ) -> None:
        self._delta = temporality == DELTA
        self._start = time.time_ns()
        self._last = self._start
        self._observed = 0
        self.points = series
        request = _request(series, process, service, temporality, exemplars)
        self._body = bytearray(request.SerializeToString())
        self._times = _places(self._body, _TIME)
        self._starts = _places(self._body, _START)
        self._counts = _places(self._body, _COUNT)
        self._sums = _places(self._body, _SUM)
        self._buckets = [_places(self._body, _BUCKET + place) for place in range(3)]

    def body(self) -> bytes:
        """Return the next export, encoded."""
        now, start = time.time_ns(), self._last if self._delta else self._start
        self._last = now
        self._observed = 1 if self._delta else self._observed + 1
        self._write(self._times, _NUMBER.pack(now))
        self._write(self._starts, _NUMBER.pack(start))
        self._write(self._counts, _NUMBER.pack(3 * self._observed))
        self._write(self._sums, _FLOAT.pack(0.123 * self._observed))
        for places in self._buckets:
            self._write(places, _NUMBER.pack(self._observed))
        return bytes(self._body)

    @property
    def observations(self) -> int:
        """Return how many observations the exports so far report, where they are cumulative."""
        return 3 * self._observed * self.points

    def _write(self, places: list[int], value: bytes) -> None:
        body = self._body
        for place in places:
            body[place : place + 8] = value


def _request(series: int, process: int, service: str, temporality: int, exemplars: int) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    for key, value in (("service.name", service), ("service.instance.id", f"instance-{process}")):
        resource.resource.attributes.add(key=key).value.string_value = value
    scope = resource.scope_metrics.add()
    scope.scope.name, scope.scope.version = "tachograph", "0.1.0"
    for number in range(series):
        if number % _METRICS_EACH == 0:
            name = "db.client.operation.duration" if not number else f"db.client.operation.{number}.duration"
            metric = scope.metrics.add(name=name, unit="s", description="Duration of database calls.")
            metric.histogram.aggregation_temporality = temporality  # type: ignore[assignment]  # the stubs want the enum
        point = metric.histogram.data_points.add(
            start_time_unix_nano=_START, time_unix_nano=_TIME, count=_COUNT, sum=_FLOAT.unpack(_NUMBER.pack(_SUM))[0]
        )
        counts = [0] * (len(BOUNDS) + 1)
        counts[3], counts[6], counts[9] = _BUCKET, _BUCKET + 1, _BUCKET + 2
        point.bucket_counts.extend(counts)
        point.explicit_bounds.extend(BOUNDS)
        for key, text in _labels(number):
            point.attributes.add(key=key).value.string_value = text
        for place in range(exemplars):
            point.exemplars.add(
                as_double=0.01 * (place + 1), time_unix_nano=_TIME, trace_id=bytes(range(16)), span_id=bytes(range(8))
            )
    return request


def _labels(number: int) -> tuple[tuple[str, str], ...]:
    return (
        ("db.system.name", "postgresql"),
        ("db.namespace", "orders"),
        ("db.operation.name", ("SELECT", "INSERT", "UPDATE", "DELETE")[number % 4]),
        ("db.collection.name", f"table_{number}"),
        ("server.address", "db.internal.example"),
        ("db.query.summary", f"SELECT table_{number}"),
    )


def _places(body: bytearray, number: int) -> list[int]:
    pattern, places, place = _NUMBER.pack(number), [], -1
    while (place := body.find(pattern, place + 1)) >= 0:
        places.append(place)
    return places
