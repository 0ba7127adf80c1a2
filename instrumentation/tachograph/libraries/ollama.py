"""ollama: chat, generate and embed."""

from typing import Any

from .. import names
from ..llm.content import recorder
from ..llm.outcome import Chunks, Told, outcome
from ..llm.parameters import parameters
from ..llm.server import server_at
from ..llm.tokens import Usage
from ..model import AttributeValue, Call, Endpoint, Library, Outcome, Shape
from . import openai_content as content


def _request(operation: str) -> Any:
    def request(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
        model = args[0] if args else kwargs.get("model", "")
        return server_at(client._client.base_url, "ollama").shape(operation, str(model))  # noqa: SLF001 - nowhere else

    return request


def _details(_client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    options = kwargs.get("options")
    plain = options if isinstance(options, dict) else getattr(options, "__dict__", {})
    found = parameters({**plain, "stream": kwargs.get("stream")})
    if kwargs.get("format"):
        found[names.GEN_AI_OUTPUT_TYPE] = "json"
    writer = recorder()
    if writer is not None:
        given = args[1] if len(args) > 1 else kwargs.get("messages", kwargs.get("prompt", kwargs.get("input")))
        found.update(content.asked(writer, {"messages": given, "instructions": kwargs.get("system")}))
    return found


def _response(result: Any, call: Call) -> Outcome:
    return outcome(call, _told(result, _said(result, result.done_reason) if call.sampled else None))


def _told(result: Any, said: str | None) -> Told:
    reasons = (result.done_reason,) if result.done_reason else ()
    return Told(result.model, None, reasons, _usage(result), content=said)


def _usage(result: Any) -> Usage | None:
    sent, spoken = result.prompt_eval_count, result.eval_count
    return None if spoken is None else Usage(sent or 0, spoken)


def _said(result: Any, reason: str | None) -> str | None:
    message = getattr(result, "message", None)
    item = {"content": result.response} if message is None else message
    return content.responded((item,), reason)


def _embedding(result: Any, call: Call) -> Outcome:
    sent = getattr(result, "prompt_eval_count", None)
    return outcome(call, Told(getattr(result, "model", None), usage=None if sent is None else Usage(sent)))


class _Chunks(Chunks):
    """Chunks of an answer; the last one tells the usage."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._last: Any = None
        self._texts: list[str] | None = [] if call.sampled and recorder() is not None else None
        self._calls: list[Any] = []

    def read(self, chunk: Any) -> None:
        """Take note of one chunk."""
        self._last = chunk
        if self._texts is not None:
            message = getattr(chunk, "message", None)
            self._texts.append((chunk.response if message is None else message.content) or "")
            self._calls += getattr(message, "tool_calls", None) or ()

    def told(self) -> Told:
        """Return what the chunks told."""
        last = self._last
        if last is None:
            return Told()
        said = None
        if self._texts is not None:
            item = {"content": "".join(self._texts), "tool_calls": self._calls}
            said = content.responded((item,), last.done_reason)
        return _told(last, said)


def _endpoints(owner: str) -> tuple[Endpoint, ...]:
    at, chat, text = f"ollama._client:{owner}", _request("chat"), _request("text_completion")
    embeddings = _request("embeddings")
    return (
        Endpoint(f"{at}.chat", chat, _response, _Chunks, _details),
        Endpoint(f"{at}.generate", text, _response, _Chunks, _details),
        Endpoint(f"{at}.embed", embeddings, _embedding, None, _details),
        Endpoint(f"{at}.embeddings", embeddings, _embedding, None, _details),
    )


LIBRARY = Library("ollama", (*_endpoints("Client"), *_endpoints("AsyncClient")))
