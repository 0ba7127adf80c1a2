"""Spans as OTLP: finished calls into one ExportTraceServiceRequest (opentelemetry/proto/trace/v1)."""

from collections.abc import Iterable
from struct import Struct

from opentelemetry.trace import SpanKind

from .. import names
from ..model import Call, Event, Shape
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


def traces_request(calls: Iterable[Call], resource: bytes, scope: bytes) -> bytes:
    """Encode finished calls."""
    return wire.message(1, resource + wire.message(2, scope + b"".join(map(_span, calls))))


def _span(call: Call) -> bytes:
    shape = call.shape
    constant = shape.wire
    if constant is None:
        constant = shape.wire = _constant(shape)
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
        parts.append(wire.attributes(9, call.attributes))
    if call.events:
        parts += map(_event, call.events)
    if call.error_type is not None:
        parts.append(wire.attributes(9, {names.ERROR_TYPE: call.error_type}))
        parts.append(wire.message(15, wire.text(2, call.error_type) + wire.enum(3, 2)))
    return wire.message(2, b"".join(parts))


def _constant(shape: Shape) -> bytes:
    return wire.text(5, shape.name) + _KIND[shape.subject.span_kind] + wire.attributes(9, shape.attributes)


def _event(event: Event) -> bytes:
    time_ns, name, attributes = event
    return wire.message(11, wire.fixed64(1, time_ns) + wire.text(2, name) + wire.attributes(3, attributes))
