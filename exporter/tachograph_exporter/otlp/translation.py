"""What OpenTelemetry calls a process and its metrics, as the store and Prometheus know them.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", OTLP Metric points to Prometheus.
"""

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import DecodeError

from ..exposition.metric import Labels
from ..store import Store, shapes
from ..store.family import OVERFLOW
from ..store.refusal import Refused
from ..store.source import Block, Shape, Source, compact
from .attributes import LABELS_MAX, Pair, decode, label_name, labels
from .boundaries import boundaries
from .naming import metric_name
from .options import Options
from .wire import Resource, Scope

_IDENTITY = ("service.namespace", "service.name", "deployment.environment.name")
_INSTANCE = "service.instance.id"
_SCOPE = "otel_scope_"
_SCOPE_LABELS = ("otel_scope_name", "otel_scope_version", "otel_scope_schema_url")
_DELTA, _CUMULATIVE = 1, 2
_DOCUMENTATION_MAX = 1_000
_RESOURCE_ATTRIBUTES_MAX = 1_000
_SHAPES: dict[tuple[str, bool, int], Shape] = {
    ("gauge", False, 0): shapes.GAUGE,
    ("sum", True, _CUMULATIVE): shapes.COUNTER,
    ("sum", True, _DELTA): shapes.COUNTER_DELTA,
    ("sum", False, _CUMULATIVE): shapes.UP_DOWN,
    ("sum", False, _DELTA): shapes.UP_DOWN_DELTA,
    ("summary", False, 0): shapes.SUMMARY,
    ("histogram", False, _CUMULATIVE): shapes.HISTOGRAM,
    ("histogram", False, _DELTA): shapes.HISTOGRAM_DELTA,
}
_HINTED = {"unknown": shapes.UNKNOWN, "info": shapes.INFO}
_RESERVED = {"histogram": "le", "summary": "quantile"}

Metric = Any  # a message of the wire's own descriptor


def resource_key(raw: bytes) -> bytes:
    """Return what the encoded resource is known by, whatever the order of its attributes."""
    try:
        attributes = Resource.FromString(raw).attributes
        if len(attributes) > _RESOURCE_ATTRIBUTES_MAX:
            raise Refused("label_limit")
        return compact(b"".join(sorted(attributes)))
    except DecodeError:
        raise Refused("text") from None


def source_of(key: bytes, raw: bytes, options: Options, *, length: int) -> Source:
    """Return a process from its encoded resource."""
    attributes = decode(Resource.FromString(raw).attributes)
    values = {"service.name": "unknown_service", **dict(attributes)}
    kept = (*_IDENTITY, _INSTANCE) if options.instance_label else _IDENTITY
    identity = [(key, values[key][:length]) for key in kept if values.get(key)]
    shared = [pair for pair in values.items() if options.instance_label or not _is_of_one_process(pair[0])]
    overflow = labels([*identity, OVERFLOW], length=length)
    return Source(key, identity, overflow=overflow, information=labels(shared[:LABELS_MAX], length=length))


def _is_of_one_process(key: str) -> bool:
    return key == _INSTANCE or key.startswith("process.")


def block_of(source: Source, scope: tuple[bytes, bytes], metric: Metric, store: Store, options: Options) -> Block:
    """Return a metric of a process, new; `scope` is its encoded scope and schema URL."""
    try:
        name, unit, documentation = metric.name.decode(), metric.unit.decode(), metric.description.decode()
        scope_pairs = _scope_pairs(scope[0], scope[1].decode()) if options.scope_labels else []
        hint = dict(decode(metric.metadata)).get("prometheus.type", "")
    except (UnicodeDecodeError, DecodeError):
        raise Refused("text") from None
    shape = _shape(metric, name, unit, hint)
    prometheus, word = metric_name(name, unit, counter=shape.kind == "counter", gauge=shape is shapes.GAUGE)
    if not prometheus:
        raise Refused("name")
    if shape is shapes.INFO:
        prometheus, word = f"{prometheus.removesuffix('_info')}_info", ""
    family = store.family(prometheus, shape, documentation[:_DOCUMENTATION_MAX], word)
    fixed = [(key, value[: store.limits.label_length]) for key, value in (*source.identity, *scope_pairs)]
    labeller = _labeller(fixed, store.limits.label_length, _RESERVED.get(shape.kind, ""))
    return Block(source, family, shape, labeller)


def _shape(metric: Metric, name: str, unit: str, hint: str) -> Shape:
    kind = metric.WhichOneof("data")
    if kind is None:
        raise Refused("no_data")
    data = getattr(metric, kind)
    monotonic, temporality = getattr(data, "monotonic", False), getattr(data, "temporality", 0)
    if kind == "exponential_histogram" and temporality in (_DELTA, _CUMULATIVE):
        return shapes.exponential(boundaries(name, unit), delta=temporality == _DELTA)
    shape = _SHAPES.get((kind, monotonic, temporality))
    if shape is None:
        raise Refused("temporality")
    return _HINTED.get(hint, shape) if shape.kind == "gauge" and not shape.delta else shape


def _labeller(fixed: Sequence[Pair], length: int, reserved: str) -> Callable[[Sequence[bytes]], tuple[Labels, Labels]]:
    def labels_of(attributes: Sequence[bytes]) -> tuple[Labels, Labels]:
        return labels([*fixed, *decode(attributes)], length=length, reserved=reserved)

    return labels_of


def _scope_pairs(raw: bytes, schema_url: str) -> list[Pair]:
    scope = Scope.FromString(raw)
    named = list(zip(_SCOPE_LABELS, (scope.name, scope.version, schema_url), strict=True))
    others = [(f"{_SCOPE}{key}", value) for key, value in decode(scope.attributes)]
    return named + [pair for pair in others if label_name(pair[0]) not in _SCOPE_LABELS]
