"""openai: chat completions, responses, completions and embeddings, of OpenAI, Azure and every compatible server."""

from collections.abc import Mapping
from typing import Any

import openai
from openai import _base_client

from .. import names
from ..llm.content import recorder
from ..llm.outcome import Chunks, Told, outcome
from ..llm.parameters import parameters
from ..llm.server import UNKNOWN, server_at, unknown_server
from ..llm.tokens import Usage
from ..model import NO_OUTCOME, Call, Library, Outcome, OwnAttributes, Shape
from . import openai_content as content
from .openai_servers import provider_of
from .stainless import options_of, sdk

_OPERATIONS = {
    "/chat/completions": "chat",
    "/responses": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
}
_AZURE = (openai.AzureOpenAI, openai.AsyncAzureOpenAI)
_NOTHING: Mapping[str, Any] = {}
_UNDER_WAY = ("in_progress", "queued")
_ORDINARY_TIERS = (None, "auto", "default", "standard")


def _request(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    options = args[1] if len(args) > 1 else kwargs["options"]
    operation = _OPERATIONS.get(options.url)
    if operation is None or options.method != "post":
        return None
    default = "azure.ai.openai" if isinstance(client, _AZURE) else UNKNOWN
    # The newest SDK's property imports a module at each call.
    url = vars(client).get("_base_url") or client.base_url
    return server_at(url, default).shape(operation, str(options.json_data.get("model", "")))


def _details(_client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OwnAttributes:
    return details_of(options_of(args, kwargs).json_data)


def details_of(body: Mapping[str, Any]) -> OwnAttributes:
    """Return the attributes for the body of a request."""
    found = parameters(body)
    form = body.get("response_format") or (body.get("text") or {}).get("format")
    if isinstance(form, dict) and isinstance(kind := form.get("type"), str):
        found[names.GEN_AI_OUTPUT_TYPE] = "json" if kind.startswith("json") else kind
    conversation = body.get("conversation")
    if isinstance(conversation, dict):
        conversation = conversation.get("id")
    if isinstance(conversation, str):
        found[names.GEN_AI_CONVERSATION_ID] = conversation
    writer = recorder()
    if writer is not None:
        found.update(content.asked(writer, body))
    return found


def told_by(result: Any, call: Call) -> Told:
    """Return what a response tells."""
    _look(result, call)
    if hasattr(result, "choices"):
        return _completion(result, call)
    if hasattr(result, "output"):
        return _response(result, call)
    return Told(getattr(result, "model", None), usage=_usage(getattr(result, "usage", None)))


def _look(answer: Any, call: Call) -> None:
    """Look whose answer this is, where the host did not tell."""
    server = unknown_server(call)
    if server is not None:
        server.looked_at(call, provider_of(answer))


def _error(error: BaseException, call: Call) -> Outcome:
    """Tell of an answer that the SDK does not hand out, as it was cut off or filtered: it is paid for all the same."""
    completion = getattr(error, "completion", None)
    return NO_OUTCOME if completion is None else outcome(call, told_by(completion, call), error)


def _completion(result: Any, call: Call) -> Told:
    choices = result.choices or ()
    reasons = tuple([choice.finish_reason for choice in choices if choice.finish_reason])
    said = content.answered(choices) if call.sampled else None
    return Told(result.model, result.id, reasons, _usage(result.usage), _tier(result), said)


def _response(result: Any, call: Call) -> Told:
    cut = getattr(result.incomplete_details, "reason", None)
    reason = cut or ("stop" if result.status == "completed" else result.status)
    if reason in _UNDER_WAY:
        reason = None
    said = content.responded(result.output, reason) if call.sampled else None
    return Told(result.model, result.id, (reason,) if reason else (), _usage(result.usage), _tier(result), said)


def _tier(result: Any) -> str | None:
    tier = getattr(result, "service_tier", None)
    return None if tier in _ORDINARY_TIERS else tier


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    told = vars(usage)
    sent = told.get("input_tokens")
    if sent is not None:
        read, spoken = told.get("input_tokens_details"), told.get("output_tokens_details")
        output = told.get("output_tokens")
    else:
        sent, output = told.get("prompt_tokens"), told.get("completion_tokens")
        read, spoken = told.get("prompt_tokens_details"), told.get("completion_tokens_details")
    of_input = _NOTHING if read is None else vars(read)
    of_output = _NOTHING if spoken is None else vars(spoken)
    return Usage(
        sent or 0,
        output or 0,
        of_input.get("cached_tokens") or 0,
        of_input.get("cache_write_tokens") or 0,
        0,
        of_output.get("reasoning_tokens") or 0,
    )


class Events(Chunks):
    """Chunks of a completion, or events of a response: the last ones tell reason and usage."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._last: Any = None
        self._usage: Any = None
        self._reasons: dict[int, str] = {}
        self._content = content.Pieces() if call.sampled and recorder() is not None else None

    def read(self, chunk: Any) -> None:
        """Take note of one chunk."""
        choices = getattr(chunk, "choices", None)
        if choices is None:
            self._event(chunk)
            return
        self._last = chunk
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            self._usage = usage
        for choice in choices:
            if choice.finish_reason:
                self._reasons[choice.index] = choice.finish_reason
                _look(chunk, self.call)
            if self._content is not None:
                self._content.add(choice)

    def told(self) -> Told:
        """Return what the chunks told."""
        last = self._last
        if last is None:
            return Told()
        _look(last, self.call)
        if hasattr(last, "output"):
            return _response(last, self.call)
        reasons = tuple(self._reasons.values())
        said = self._content.written(reasons) if self._content is not None else None
        return Told(last.model, last.id, reasons, _usage(self._usage), _tier(last), said)

    def _event(self, event: Any) -> None:
        response = getattr(event, "response", None)
        if response is not None:
            self._last = response


_CLIENTS = (openai.OpenAI, openai.AsyncOpenAI)
_RESOURCES = tuple(
    f"openai.resources.{module}:{prefix}{owner}.{method}"
    for module, owner, methods in (
        ("chat.completions", "Completions", ("create", "parse")),
        ("chat.completions.completions", "Completions", ("create", "parse")),
        ("completions", "Completions", ("create",)),
        ("embeddings", "Embeddings", ("create",)),
        ("responses.responses", "Responses", ("create", "parse")),
    )
    for prefix in ("", "Async")
    for method in methods
)

LIBRARY = Library(
    "openai", install=sdk(_base_client, _CLIENTS, _RESOURCES, _request, _details, told_by, Events, _error)
)
