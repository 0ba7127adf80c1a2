"""The traces that were received: the last ones, the slowest ones, and all spans of one."""

import asyncio
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import parse_qs

from ..server.answer import answer, answer_text
from ..server.exchange import Receive, Scope, Send
from ..server.site import SECURITY_HEADERS
from ..store.traces import Span, Traces
from .frames import encoded
from .row import Plain, significant

_SHOWN = 25
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_LIMIT = re.compile(r"[1-9][0-9]{0,5}")


class TracesPage:
    """Serves /api/v1/traces; `read` is told which trace, if one was named, and how many at most."""

    def __init__(self, read: Callable[[bytes | None, int | None], dict[str, object]]) -> None:
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Answer one request."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        trace_id, limit = query.get("trace_id", [""])[-1], query.get("limit", [""])[-1]
        if "trace_id" in query and not _TRACE_ID.fullmatch(trace_id):
            await answer_text(send, HTTPStatus.BAD_REQUEST, "trace_id: write 32 digits of 0-9a-f")
        elif "limit" in query and not _LIMIT.fullmatch(limit):
            await answer_text(send, HTTPStatus.BAD_REQUEST, "limit: write a number from 1 to 999999")
        else:
            chosen = bytes.fromhex(trace_id) or None, int(limit) if limit else None
            body = await asyncio.to_thread(lambda: encoded(self._read(*chosen)).encode())
            await answer(send, HTTPStatus.OK, body, "application/json", SECURITY_HEADERS)


def overview(traces: Traces) -> Plain:
    """Return the recent and the slowest traces in a line each."""
    last = traces.last()
    sizes = {spans[0].trace_id: len(spans) for spans in last}
    slowest = sorted(
        (span for spans in traces.slowest().values() for span in spans[:1]), key=lambda span: -span.seconds
    )
    return {
        "recent": [_line(spans) for spans in last[:_SHOWN]],
        "slowest": [_one(span, sizes.get(span.trace_id, 0)) for span in slowest[:_SHOWN]],
    }


def _line(spans: Sequence[Span]) -> Plain:
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    root = next((span for span in spans if not span.parent_id), min(spans, key=lambda span: span.start))
    line = _span(root, (end - start) / 1e9)
    return {**line, "spans": len(spans), "error": any(span.error for span in spans), "kept": True}


def _one(span: Span, spans: int) -> Plain:
    return {**_span(span, span.seconds), "spans": spans, "kept": spans > 0}


def _span(span: Span, seconds: float) -> Plain:
    return {
        "trace_id": span.trace_id.hex(),
        "service": span.service,
        "operation": span.name,
        "start_seconds": round(span.start / 1e9, 3),
        "duration_seconds": significant(seconds),
        "error": span.error,
    }
