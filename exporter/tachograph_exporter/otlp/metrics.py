"""A request's metrics, from the wire into the store."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import sleep
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from ..store import Store
from ..store.refusal import Reason, Refused
from ..store.source import Block, Point, Source, compact
from .exemplars import keep
from .options import Options
from .outline import Malformed, check_size
from .translation import block_of, resource_key, source_of
from .wire import MetricsRequest

_NO_RECORDED_VALUE = 1
_KEYS_MAX = 20_000
_NAME_BYTES = 100
_AT_ONCE = 2_000  # points that are stored while nobody else can read or store

Message = Any  # a message of the wire's own descriptor
Place = tuple[int, int, int, int]  # resource, scope, metric, point


@dataclass(slots=True)
class Outcome:
    """What became of a request's points; `first` names a metric for each reason."""

    accepted: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    first: dict[Reason, str] = field(default_factory=dict)
    metric: bytes = b""

    def refuse(self, reason: Reason, count: int = 1) -> None:
        """Count points of the metric under way that are not counted."""
        self.refused[reason] += count
        self.first.setdefault(reason, self.metric[:_NAME_BYTES].decode(errors="replace"))


class MetricsIntake:
    """Takes requests in, one at a time."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options
        self._keys: dict[bytes, bytes] = {}

    def take(self, body: bytes) -> Outcome:
        """Store the metrics of an encoded request; raise Malformed where it is none."""
        check_size("metrics", body)
        try:
            request = MetricsRequest.FromString(body)
        except DecodeError:
            raise Malformed("the body is not an ExportMetricsServiceRequest in protobuf") from None
        outcome = Outcome()
        if irregular := self._walk(request, outcome):
            self._retry(body, irregular, outcome)
        with self._store.lock:
            self._store.sweep()
        self._store.tally.accepted("metrics", outcome.accepted)
        self._store.tally.rejected(outcome.refused)
        return outcome

    def _walk(self, request: Message, outcome: Outcome) -> list[Place]:
        irregular: list[Place] = []
        for r, resource in enumerate(request.resources):
            try:
                with self._store.lock:
                    source = self._source(resource.resource)
                    self._store.touch(source)
            except Refused as refused:
                points = sum(len(_points(metric)) for scope in resource.scopes for metric in scope.metrics)
                outcome.metric = b""
                outcome.refuse(refused.reason, points)
                continue
            for s, scope in enumerate(resource.scopes):
                for m, metric in enumerate(scope.metrics):
                    irregular += [(r, s, m, p) for p in self._metric(source, scope, metric, outcome)]
            source.known = True
        return irregular

    def _metric(self, source: Source, scope: Message, metric: Message, outcome: Outcome) -> Sequence[int]:
        points = _points(metric)
        irregular: list[int] = []
        outcome.metric = metric.name
        before = outcome.refused.total()
        for start in range(0, len(points), _AT_ONCE):
            if start:
                sleep(0)  # let those go on who wait for the lock, before it is taken again
            try:
                with self._store.lock:
                    block = self._block(source, scope, metric)
                    part = points if len(points) <= _AT_ONCE else points[start : start + _AT_ONCE]
                    self._take(block, part, outcome, irregular, start)
            except Refused as refused:
                outcome.refuse(refused.reason, len(points) - start)
                break
        outcome.accepted += len(points) - (outcome.refused.total() - before) - len(irregular)
        return irregular

    def _take(
        self, block: Block, points: Sequence[Point], outcome: Outcome, irregular: list[int] | None, start: int = 0
    ) -> None:
        streams, delta, store = block.streams, block.shape.delta, self._store
        with_exemplars = block.shape.kind in ("counter", "histogram")
        for place, point in enumerate(points, start):
            try:
                if point.flags & _NO_RECORDED_VALUE:
                    store.end(block, point)
                    continue
                stream = streams.get(hash(b"".join(point.attributes)))
                if stream is None or (stream.start != point.start and not delta):
                    stream = store.open(block, point)
                if stream is not None:
                    stream.take(point)
                    if with_exemplars and point.exemplars:
                        keep(point.exemplars, stream.cell)
            except Refused as refused:
                if refused.reason == "bucket_counts" and irregular is not None:
                    irregular.append(place)
                else:
                    outcome.refuse(refused.reason)

    def _retry(self, body: bytes, irregular: Sequence[Place], outcome: Outcome) -> None:
        """Take once more, from the request in its packed form, what the short way of reading made nothing of."""
        try:
            request = _packed(body)
        except DecodeError:
            outcome.refuse("bucket_counts", len(irregular))
            return
        for r, s, m, p in irregular:
            resource = request.resources[r]
            scope = resource.scopes[s]
            metric = scope.metrics[m]
            outcome.metric = metric.name
            before = outcome.refused.total()
            with self._store.lock:
                block = self._block(self._source(resource.resource), scope, metric)
                self._take(block, [_points(metric)[p]], outcome, None)
            outcome.accepted += 1 - (outcome.refused.total() - before)

    def _source(self, raw: bytes) -> Source:
        short = compact(raw)
        key = self._keys.get(short)
        if key is None:
            if len(self._keys) >= _KEYS_MAX:
                self._keys.clear()
            key = self._keys[short] = resource_key(raw)
        source = self._store.sources.get(key)
        if source is None:
            length = self._store.limits.label_length
            source = self._store.add_source(source_of(key, raw, self._options, length=length))
        return source

    def _block(self, source: Source, scope: Message, metric: Message) -> Block:
        kind = metric.WhichOneof("data")
        data = getattr(metric, kind) if kind else None
        monotonic, temporality = getattr(data, "monotonic", False), getattr(data, "temporality", 0)
        written = (scope.scope, scope.schema_url, metric.name, metric.unit)
        key = (*map(compact, written), kind, monotonic, temporality)
        block = source.blocks.get(key)
        if block is None:
            block = block_of(source, (scope.scope, scope.schema_url), metric, self._store, self._options)
            self._store.add_block(key, block)
        return block


def _points(metric: Message) -> Sequence[Point]:
    kind = metric.WhichOneof("data")
    return getattr(metric, kind).points if kind else ()


def _packed(body: bytes) -> Message:
    """Return the request with its arrays packed, as the full descriptor reads and writes it."""
    request = ExportMetricsServiceRequest.FromString(body)
    for point in _histogram_points(request):
        if point.count and not point.bucket_counts:
            point.bucket_counts.append(point.count)  # only a count and a sum: one bucket
    return MetricsRequest.FromString(request.SerializeToString())


def _histogram_points(request: ExportMetricsServiceRequest) -> Iterator[Any]:
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                yield from metric.histogram.data_points
