"""anthropic: messages, their streams and batches, at Anthropic, Bedrock, Vertex AI and every compatible server."""

from collections.abc import Callable, Mapping
from typing import Any

import anthropic
from anthropic import _base_client

from .. import call as calls
from .. import names
from ..llm.content import recorder
from ..llm.outcome import Chunks, Told, merged
from ..llm.parameters import parameters
from ..llm.server import server_at
from ..llm.tokens import Usage
from ..model import Call, Library, Outcome, OwnAttributes, Shape
from ..patches import Patches
from . import anthropic_content as content
from .stainless import options_of, sdk

_BATCHES = "/v1/messages/batches"


def _request(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    options = options_of(args, kwargs)
    path = options.url.partition("?")[0]
    operation, model = "", ""
    if options.method.lower() == "post":
        if path == "/v1/messages":
            operation, model = "chat", options.json_data.get("model", "")
        elif path == _BATCHES:
            operation = "create_batch"
    elif path.endswith("/results") and _BATCHES in path:
        operation = "read_batch"
    if not operation:
        return None
    return server_at(client.base_url, _default(type(client).__name__)).shape(operation, str(model))


def _default(client: str) -> str:
    if "Bedrock" in client or "AWS" in client:
        return "aws.bedrock"
    if "Vertex" in client:
        return "gcp.vertex_ai"
    return "azure.ai.inference" if "Foundry" in client else "anthropic"


def _details(_client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OwnAttributes:
    body = options_of(args, kwargs).json_data
    if not isinstance(body, dict):
        return OwnAttributes()
    found = parameters(body)
    if _is_json(body):
        found[names.GEN_AI_OUTPUT_TYPE] = "json"
    if isinstance(requests := body.get("requests"), list):
        found[names.GEN_AI_BATCH_SIZE] = len(requests)
    writer = recorder()
    if writer is not None:
        found.update(content.asked(writer, body))
    return found


def _is_json(body: Mapping[str, Any]) -> bool:
    """Say whether structured output is asked for; beta's first SDKs did so in a field of its own."""
    output = body.get("output_config")
    form = (output.get("format") if isinstance(output, Mapping) else None) or body.get("output_format")
    return isinstance(form, Mapping) and form.get("type") == "json_schema"


def _told(result: Any, call: Call) -> Told:
    if not hasattr(result, "content"):
        return Told(response_id=getattr(result, "id", None), billed=False)
    reasons = (result.stop_reason,) if result.stop_reason else ()
    said = content.answered(result.content, result.stop_reason) if call.sampled else None
    return Told(result.model, result.id, reasons, _usage(result.usage), _tier(result.usage), said)


def _tier(usage: Any) -> str | None:
    tier = getattr(usage, "service_tier", None)
    if getattr(usage, "speed", None) == "fast":
        return "fast"
    return None if tier == "standard" else tier


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    read = getattr(usage, "cache_read_input_tokens", None) or 0
    written = getattr(usage, "cache_creation_input_tokens", None) or 0
    by_time = getattr(usage, "cache_creation", None)
    return Usage(
        (usage.input_tokens or 0) + read + written,
        usage.output_tokens or 0,
        cache_read=read,
        cache_write=written,
        cache_write_hour=getattr(by_time, "ephemeral_1h_input_tokens", None) or 0,
        reasoning=getattr(getattr(usage, "output_tokens_details", None), "thinking_tokens", None) or 0,
    )


class _Chunks(Chunks):
    """Events of a message, or the messages of a batch."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._message: Any = None
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._batch: list[Told] = []
        self._content = content.Pieces() if call.sampled and recorder() is not None else None

    def read(self, chunk: Any) -> None:
        """Take note of one event, or of one answer of a batch."""
        kind = getattr(chunk, "type", None)
        if kind == "message_start":
            self._message = chunk.message
            self._usage = _usage(chunk.message.usage)
        elif kind == "message_delta":
            self._reason = chunk.delta.stop_reason
            if self._usage is not None and chunk.usage.output_tokens is not None:
                self._usage = self._usage._replace(output=chunk.usage.output_tokens)
        elif kind is None and hasattr(chunk, "custom_id"):
            self._answer(chunk.result)
        elif self._content is not None:
            self._content.add(chunk)

    def told(self) -> Told:
        """Return what the events told."""
        message = self._message
        if message is None:
            return Told()
        reasons = (self._reason,) if self._reason else ()
        said = self._content.written(self._reason) if self._content is not None else None
        return Told(message.model, message.id, reasons, self._usage, _tier(message.usage), said)

    def outcome(self) -> Outcome:
        """Tell what was seen."""
        if self.call.shape.attributes[names.GEN_AI_OPERATION_NAME] != "read_batch":
            return super().outcome()
        return merged(self.call, self._batch)

    def _answer(self, result: Any) -> None:
        if result.type == "succeeded":
            message = result.message
            usage = _usage(message.usage)
            self._batch.append(Told(message.model, None, (message.stop_reason or "",), usage, "batch"))


_CLIENTS = (anthropic.Anthropic, anthropic.AsyncAnthropic)
_RESOURCES = tuple(
    f"anthropic.resources.{module}:{prefix}Messages.{method}"
    for module in ("messages.messages", "beta.messages.messages")
    for prefix in ("", "Async")
    for method in ("create", "parse", "stream")
)
_measure = sdk(_base_client, _CLIENTS, _RESOURCES, _request, _details, _told, _Chunks)


def _install(patches: Patches) -> None:
    _measure(patches)
    if hasattr(_base_client, "start_api_call_span"):
        patches.replace(_base_client, "start_api_call_span", _unless_ours)


def _unless_ours(start: Callable[..., Any]) -> Callable[..., Any]:
    """Return the start of the SDK's own span, for calls that have none of ours."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return None if calls.current("llm") is not None else start(*args, **kwargs)

    return wrapper


LIBRARY = Library("anthropic", install=_install)
