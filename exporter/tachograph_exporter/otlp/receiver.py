"""The OTLP/HTTP receiver: an ASGI application for POST /v1/metrics and /v1/traces."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from ..store import Store
from ..store.traces import Traces
from .answer import JSON, PROTOBUF, Answer, Refusal
from .body import Disconnected, Receive, Scope, Send, decompress, read
from .intake import Intake
from .options import Options

_SIGNALS = {"/v1/metrics": "metrics", "/v1/traces": "traces", "/v1/logs": "logs"}


class Receiver:
    """Answers OTLP requests; `store` is where metrics go and `traces` where spans go."""

    def __init__(self, store: Store, traces: Traces | None = None, options: Options | None = None) -> None:
        self.intake = Intake(store, traces or Traces(), options or Options())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            return
        headers = _plain(scope["headers"])
        content_type, signal = _content_type(headers), _SIGNALS.get(scope["path"], "unknown")
        try:
            self._check(scope, signal, content_type)
            answer = await self._answer(signal, receive, headers, content_type)
        except Refusal as refusal:
            answer = refusal.answer(content_type)
        except Disconnected:
            self.intake.tally.answered(signal, "disconnected")
            return
        self.intake.tally.answered(signal, str(int(answer.status)))
        await _send(send, answer)

    async def refuse(
        self, scope: Scope, send: Send, status: HTTPStatus, headers: Sequence[tuple[bytes, bytes]]
    ) -> None:
        """Answer a request that was not let in."""
        refusal = Refusal(status, status.phrase.lower())
        refusal.headers |= _plain(headers)
        self.intake.tally.answered(_SIGNALS.get(scope["path"], "unknown"), str(int(status)))
        await _send(send, refusal.answer(_content_type(_plain(scope["headers"]))))

    def refused(self, status: HTTPStatus) -> None:
        """Count what was refused before it was a request: no HTTP, or none in time."""
        self.intake.tally.answered("unknown", str(int(status)))

    def _check(self, scope: Scope, signal: str, content_type: str) -> None:
        if signal == "unknown":
            raise Refusal(HTTPStatus.NOT_FOUND, f"nothing here; post to {', '.join(_SIGNALS)}", close=True)
        if scope["method"] != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is taken here", close=True, allow="POST")
        self.intake.check(signal)
        if content_type not in (PROTOBUF, JSON):
            message = f"content type {content_type!r} is not {PROTOBUF} or {JSON}"
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, close=True)

    async def _answer(self, signal: str, receive: Receive, headers: Mapping[str, str], content_type: str) -> Answer:
        options, tally = self.intake.options, self.intake.tally
        limit = options.body_bytes if content_type == PROTOBUF else options.json_bytes
        with self.intake.room.place() as place:
            body = await read(receive, headers, place, limit=limit)
            plain = decompress(body, headers.get("content-encoding", "").strip().lower(), limit=limit)
            if plain is not body:
                place.grow(len(plain))
            tally.read(signal, received=len(body), decoded=len(plain))
            del body
            return await self.intake.take(signal, plain, content_type)


def _plain(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


async def _send(send: Send, answer: Answer) -> None:
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})
