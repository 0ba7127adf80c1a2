"""Spans as OTLP: finished calls into one ExportTraceServiceRequest (opentelemetry/proto/trace/v1)."""

from collections.abc import Iterable, Sequence
from itertools import islice
from struct import Struct

from opentelemetry.trace import SpanKind

from .. import names
from ..model import Attributes, AttributeValue, Call, Event, Shape, SharedAttributes
from . import wire

# OTLP's SpanKind counts from 1 (internal), the API's from 0.
_KIND = {kind: wire.enum(6, kind.value + 1) for kind in SpanKind}
# start (7), end (8) and flags (16): sampled (1), whether the parent is remote is known (0x100), and is (0x200).
_times = Struct("<BQBQHI").pack
_FLAGS_TAG = 0x0185
_FLAGS = 0x101
_TRACE_ID = b"\x0a\x10"
_SPAN_ID = b"\x12\x08"
_PARENT_ID = b"\x22\x08"


class Limits:
    """How many attributes a span may have, and how long their values may be (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT ...)."""

    def __init__(self, count: int, length: int | None) -> None:
        self._count = count
        self._length = length

    def within(self, attributes: Attributes, before: int = 0) -> Attributes:
        """Return what of the attributes a span may have that has `before` of them already."""
        if self._length is None and len(attributes) + before <= self._count:
            return attributes
        room = max(0, self._count - before)
        return {key: self._cut(value) for key, value in islice(attributes.items(), room)}

    def _cut(self, value: AttributeValue) -> AttributeValue:
        if isinstance(value, str):
            return value[: self._length]
        if isinstance(value, Sequence):
            return [item[: self._length] if isinstance(item, str) else item for item in value]  # type: ignore[return-value] # all of one type
        return value


def traces_request(calls: Iterable[Call], resource: bytes, scope: bytes, limits: Limits) -> bytes:
    """Encode finished calls."""
    return wire.message(1, resource + wire.message(2, scope + b"".join([_span(call, limits) for call in calls])))


def _span(call: Call, limits: Limits) -> bytes:
    shape = call.shape
    kept = shape.wire
    if kept is None or kept[0] is not limits:
        kept = shape.wire = (limits, _constant(shape, limits))
    constant = kept[1]
    start = call.wall_ns
    parts = [
        _TRACE_ID,
        call.trace_id.to_bytes(16, "big"),
        _SPAN_ID,
        call.span_id.to_bytes(8, "big"),
        constant,
        _times(0x39, start, 0x41, start + call.duration_ns, _FLAGS_TAG, _FLAGS | call.flags),
    ]
    if call.parent_id:
        parts += _PARENT_ID, call.parent_id.to_bytes(8, "big")
    if call.attributes:
        parts.append(_attributes(call.attributes, len(shape.attributes), limits))
    if call.events:
        parts += map(_event, call.events)
    if call.error_type is not None:
        parts.append(wire.attributes(9, {names.ERROR_TYPE: call.error_type}))
        parts.append(_failed(call.error_type))
    elif call.status is not None:
        parts.append(_failed(call.status))
    return wire.message(2, b"".join(parts))


def _failed(description: str) -> bytes:
    return wire.message(15, wire.text(2, description) + wire.enum(3, 2))


def _attributes(attributes: Attributes, before: int, limits: Limits) -> bytes:
    told = limits.within(attributes, before)
    if type(told) is not SharedAttributes:
        return wire.attributes(9, told)
    if told.wire is None:
        told.wire = wire.attributes(9, told)
    return told.wire


def _constant(shape: Shape, limits: Limits) -> bytes:
    attributes = wire.attributes(9, limits.within(shape.attributes))
    return wire.text(5, shape.name) + _KIND[shape.subject.span_kind] + attributes


def _event(event: Event) -> bytes:
    time_ns, name, attributes = event
    return wire.message(11, wire.fixed64(1, time_ns) + wire.text(2, name) + wire.attributes(3, attributes))
