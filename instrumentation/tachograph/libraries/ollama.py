"""ollama: chat, generate and embed, of clients and of the module itself."""

from functools import partial
from typing import Any

from ollama import AsyncClient, Client

from .. import names
from ..llm.content import recorder
from ..llm.outcome import Chunks, Told, outcome
from ..llm.parameters import parameters
from ..llm.server import server_at
from ..llm.tokens import Usage
from ..model import AttributeValue, Call, Endpoint, Library, Outcome, Shape
from ..patches import Elsewhere, Patches
from ..wrap import Switch, measured
from . import openai_content as content

_OPERATIONS = {
    "/api/chat": "chat",
    "/api/generate": "text_completion",
    "/api/embed": "embeddings",
    "/api/embeddings": "embeddings",
}
_METHODS = ("chat", "generate", "embed", "embeddings")


def _request(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    operation = _OPERATIONS.get(args[2]) if len(args) > 2 else None
    if operation is None:
        return None
    base = client._client.base_url  # noqa: SLF001 - nowhere else
    return server_at(base, "ollama").shape(operation, str(kwargs["json"].get("model", "")))


def _details(_client: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    body = kwargs["json"]
    found = parameters({**(body.get("options") or {}), **body})
    if body.get("format"):
        found[names.GEN_AI_OUTPUT_TYPE] = "json"
    writer = recorder()
    if writer is not None:
        given = body.get("messages", body.get("prompt", body.get("input")))
        found.update(content.asked(writer, {"messages": given, "instructions": body.get("system")}))
    return found


def _response(result: Any, call: Call) -> Outcome:
    if call.shape.attributes[names.GEN_AI_OPERATION_NAME] == "embeddings":
        sent = getattr(result, "prompt_eval_count", None)
        return outcome(call, Told(getattr(result, "model", None), usage=None if sent is None else Usage(sent)))
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


def _measured(endpoint: Endpoint, function: Any, switch: Switch) -> Any:
    return measured(endpoint, function, switch)


def _install(patches: Patches) -> None:
    # `ollama.chat` and those beside it are methods that were bound at the import: what all of them call is measured.
    for owner in (Client, AsyncClient):
        endpoint = Endpoint(f"{owner.__module__}:{owner.__name__}._request", _request, _response, _Chunks, _details)
        switch = patches.wrap(owner, "_request", partial(_measured, endpoint))
        for name in _METHODS:
            patches.add(Elsewhere(owner, name, (switch,)))


LIBRARY = Library("ollama", install=_install)
