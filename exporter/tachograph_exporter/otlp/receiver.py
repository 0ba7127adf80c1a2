"""The OTLP/HTTP receiver: an ASGI application for POST /v1/metrics and /v1/traces."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from ..store import Store
from ..store.traces import Traces
from .answer import JSON, PROTOBUF, Answer, Refusal
from .body import Disconnected, Receive, Room, Scope, Send, decompress, read
from .intake import Intake
from .options import Options
from .outline import Malformed, TooMany

_SIGNALS = {"/v1/metrics": "metrics", "/v1/traces": "traces", "/v1/logs": "logs"}
_IN_PLACE_BYTES = {PROTOBUF: 1024 * 1024, JSON: 32 * 1024}  # what is larger is read in a thread, one at a time


class Receiver:
    """Answers OTLP requests; `store` is where metrics go and `traces` where spans go."""

    def __init__(self, store: Store, traces: Traces | None = None, options: Options | None = None) -> None:
        self._options = options or Options()
        self._store = store
        self._intake = Intake(store, traces or Traces(), self._options)
        self._large = asyncio.Lock()
        self._room = Room(self._options.waiting_bytes, retry_seconds=self._options.retry_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        signal = _SIGNALS.get(scope["path"], "unknown")
        try:
            answer = await self._answer(scope, receive, headers, content_type)
        except Refusal as refusal:
            answer = refusal.answer(content_type)
        except Disconnected:
            self._store.tally.requests[signal, "disconnected"] += 1
            return
        self._store.tally.requests[signal, str(int(answer.status))] += 1
        await _send(send, answer)

    async def _answer(self, scope: Scope, receive: Receive, headers: Mapping[str, str], content_type: str) -> Answer:
        signal = self._signal(scope)
        if content_type not in (PROTOBUF, JSON):
            message = f"content type {content_type!r} is not {PROTOBUF} or {JSON}"
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, close=True)
        limit = self._options.body_bytes if content_type == PROTOBUF else self._options.json_bytes
        tally = self._store.tally
        with self._room.place() as place:
            body = await read(receive, headers, place, limit=limit)
            tally.bytes[signal, "received"] += len(body)
            body = decompress(body, headers.get("content-encoding", "").strip().lower(), limit=limit)
            tally.bytes[signal, "decoded"] += len(body)
            if len(body) <= _IN_PLACE_BYTES[content_type]:
                return self._take(signal, body, content_type)
            async with self._large:
                return await asyncio.to_thread(self._take, signal, body, content_type)

    def _signal(self, scope: Scope) -> str:
        signal = _SIGNALS.get(scope["path"])
        if signal is None:
            raise Refusal(HTTPStatus.NOT_FOUND, f"nothing here; post to {', '.join(_SIGNALS)}", close=True)
        if scope["method"] != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is taken here", close=True, allow="POST")
        if not getattr(self._options, signal, True):
            raise Refusal(HTTPStatus.NOT_FOUND, f"this exporter is configured to take no {signal}", close=True)
        return signal

    def _take(self, signal: str, body: bytes, content_type: str) -> Answer:
        try:
            return self._intake.take(signal, body, content_type)
        except Malformed as malformed:
            raise Refusal(HTTPStatus.BAD_REQUEST, str(malformed)) from None
        except TooMany as many:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(many)) from None


async def _send(send: Send, answer: Answer) -> None:
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
