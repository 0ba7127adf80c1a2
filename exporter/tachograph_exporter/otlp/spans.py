"""A request's spans, from the wire into the ring of traces, and from there to JSON."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from google.protobuf.message import DecodeError

from ..store.refusal import Refused
from ..store.source import compact
from ..store.traces import Span, Traces
from .attributes import decode
from .outline import Malformed, check_size
from .wire import Resource, TracesRequest

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_ERROR = 2
_SERVICES_MAX = 10_000
_ID_BYTES = 16
_TEXT_MAX = 512  # characters
_ATTRIBUTES_BYTES = 8 * 1024


class SpanIntake:
    """Takes requests with spans in, one at a time."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._services: dict[bytes, str] = {}

    def take(self, body: bytes) -> int:
        """Keep the spans of an encoded request and return how many; raise Malformed where it is none."""
        check_size("traces", body)
        try:
            request = TracesRequest.FromString(body)
        except DecodeError:
            raise Malformed("the body is not an ExportTraceServiceRequest in protobuf") from None
        spans = [
            _span(span, service)
            for resource in request.resources
            for service in (self._service(resource.resource),)
            for scope in resource.scopes
            for span in scope.spans
        ]
        self._traces.add(spans)
        return len(spans)

    def _service(self, raw: bytes) -> str:
        key = compact(raw)
        service = self._services.get(key)
        if service is None:
            if len(self._services) >= _SERVICES_MAX:
                self._services.clear()
            service = self._services[key] = _service_name(raw)
        return service


def _service_name(raw: bytes) -> str:
    try:
        return dict(decode(Resource.FromString(raw).attributes)).get("service.name", "unknown_service")[:_TEXT_MAX]
    except (DecodeError, Refused):
        return "unknown_service"


def _span(span: Any, service: str) -> Span:
    status = span.status
    return Span(
        span.trace_id[:_ID_BYTES],
        span.span_id[:_ID_BYTES],
        span.parent_id[:_ID_BYTES],
        service,
        span.name.decode(errors="replace")[:_TEXT_MAX],
        span.kind,
        span.start,
        span.end,
        status.code == _ERROR,
        status.message.decode(errors="replace")[:_TEXT_MAX],
        _fitting(span.attributes),
    )


def _fitting(attributes: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the attributes, or the first of them where they are large together."""
    kept = tuple(attributes)
    if sum(map(len, kept)) <= _ATTRIBUTES_BYTES:
        return kept
    sizes = accumulate(map(len, kept))
    return tuple(one for one, size in zip(kept, sizes, strict=True) if size <= _ATTRIBUTES_BYTES)


def traces_json(traces: Traces, trace_id: bytes | None = None, limit: int | None = None) -> dict[str, Any]:
    """Return the ring for /api/v1/traces: the last traces, newest first, and the slowest spans an operation.

    With a trace's id, both hold that trace alone; the limit bounds each.
    """
    last = [spans for spans in traces.last() if trace_id is None or spans[0].trace_id == trace_id]
    slowest = []
    for (service, name), spans in sorted(traces.slowest().items(), key=lambda item: -item[1][0].seconds):
        chosen = [_span_json(span) for span in spans if trace_id is None or span.trace_id == trace_id]
        if chosen:
            slowest.append({"service": service, "operation": name, "spans": chosen})
    return {"traces": [_trace_json(spans) for spans in last[:limit]], "slowest": slowest[:limit]}


def _trace_json(spans: Sequence[Span]) -> dict[str, Any]:
    ordered = sorted(spans, key=lambda span: span.start)
    root = next((span for span in ordered if not span.parent_id), ordered[0])
    start, end = ordered[0].start, max(span.end for span in ordered)
    return {
        "trace_id": root.trace_id.hex(),
        "service": root.service,
        "operation": root.name,
        "start_seconds": start // 1000 / 1e6,
        "duration_seconds": (end - start) / 1e9,
        "error": any(span.error for span in spans),
        "spans": [_span_json(span) for span in ordered],
    }


def _span_json(span: Span) -> dict[str, Any]:
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_id.hex(),
        "service": span.service,
        "name": span.name,
        "kind": _KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else str(span.kind),
        "start_seconds": span.start // 1000 / 1e6,
        "duration_seconds": span.seconds,
        "error": span.error,
        "message": span.message,
        "attributes": dict(_readable(span.attributes)),
    }


def _readable(attributes: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    for raw in attributes:
        try:
            yield from decode((raw,))
        except Refused:
            continue
