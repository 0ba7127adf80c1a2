"""google.genai: generated content, streamed content and embeddings, of the Gemini API and Vertex AI."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from google.genai import models

from .. import names
from ..llm.content import field, recorder
from ..llm.outcome import Chunks, Told, outcome
from ..llm.parameters import parameters
from ..llm.server import server_at
from ..llm.tokens import Usage
from ..model import AttributeValue, Call, Endpoint, Library, Outcome, Shape
from ..patches import Elsewhere, Patches
from ..wrap import Switch, measured
from . import google_genai_content as content

_HOSTS = {
    "gcp.gemini": "https://generativelanguage.googleapis.com",
    "gcp.vertex_ai": "https://aiplatform.googleapis.com",
}


def _request(operation: str) -> Any:
    def request(instance: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
        client = instance._api_client  # noqa: SLF001 - the only way to its address
        provider = "gcp.vertex_ai" if client.vertexai else "gcp.gemini"
        model = str(kwargs.get("model", "")).rpartition("models/")[2]
        base = field(client._http_options, "base_url")  # noqa: SLF001 - the same
        return server_at(base or _HOSTS[provider], provider).shape(operation, model)

    return request


def _details(_instance: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    given = kwargs.get("config")
    config: Mapping[str, Any] = given if isinstance(given, Mapping) else getattr(given, "__dict__", {})
    found = parameters(config)
    if config.get("response_mime_type") == "application/json":
        found[names.GEN_AI_OUTPUT_TYPE] = "json"
    writer = recorder()
    if writer is not None:
        found.update(content.asked(writer, kwargs.get("contents"), config.get("system_instruction")))
    return found


def _stream_details(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    return {**_details(instance, args, kwargs), names.GEN_AI_REQUEST_STREAM: True}


def _response(result: Any, call: Call) -> Outcome:
    candidates = result.candidates or ()
    reasons = tuple(_reason(candidate) for candidate in candidates if candidate.finish_reason)
    said = content.answered(candidates) if call.sampled else None
    return outcome(call, _told(result, reasons, _usage(result.usage_metadata), said))


def _told(result: Any, reasons: tuple[str, ...], usage: Usage | None, said: str | None) -> Told:
    return Told(result.model_version, getattr(result, "response_id", None), reasons, usage, content=said)


def _reason(candidate: Any) -> str:
    reason = candidate.finish_reason
    return str(getattr(reason, "value", reason)).lower()


def _usage(metadata: Any) -> Usage | None:
    if metadata is None or metadata.prompt_token_count is None:
        return None
    thought = getattr(metadata, "thoughts_token_count", None) or 0
    tools = getattr(metadata, "tool_use_prompt_token_count", None) or 0
    return Usage(
        metadata.prompt_token_count + tools,
        (metadata.candidates_token_count or 0) + thought,
        cache_read=metadata.cached_content_token_count or 0,
        reasoning=thought,
    )


def _embedding(result: Any, call: Call) -> Outcome:
    counts = [
        getattr(getattr(embedding, "statistics", None), "token_count", None) for embedding in result.embeddings or ()
    ]
    known = [int(count) for count in counts if count is not None]
    return outcome(call, Told(usage=Usage(sum(known)) if known and len(known) == len(counts) else None))


def _error(error: BaseException, _call: Call) -> Outcome:
    return Outcome(error_type=_code(error))


def _code(error: BaseException) -> str | None:
    status = getattr(error, "status", None)
    return status if isinstance(status, str) else None


class _Chunks(Chunks):
    """Chunks of content; each carries the usage so far."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._last: Any = None
        self._usage: Any = None
        self._reasons: dict[int, str] = {}
        self._content = content.Pieces() if call.sampled and recorder() is not None else None

    def read(self, chunk: Any) -> None:
        """Take note of one chunk."""
        self._last = chunk
        if chunk.usage_metadata is not None:
            self._usage = chunk.usage_metadata
        for candidate in chunk.candidates or ():
            if candidate.finish_reason:
                self._reasons[candidate.index or 0] = _reason(candidate)
            if self._content is not None:
                self._content.add(candidate)

    def code(self, error: BaseException) -> str | None:
        """Return the provider's word for an error."""
        return _code(error)

    def told(self) -> Told:
        """Return what the chunks told."""
        if self._last is None:
            return Told()
        reasons = tuple(self._reasons.values())
        said = self._content.written(reasons) if self._content is not None else None
        return _told(self._last, reasons, _usage(self._usage), said)


def _install(patches: Patches) -> None:
    chat = _request("generate_content")
    for owner in (models.Models, models.AsyncModels):
        endpoints = {
            "_generate_content": Endpoint("generate_content", chat, _response, details=_details, error=_error),
            "_generate_content_stream": Endpoint(
                "generate_content_stream", chat, chunks=_Chunks, details=_stream_details, error=_error
            ),
            "embed_content": Endpoint(
                "embed_content", _request("embeddings"), _embedding, details=_details, error=_error
            ),
        }
        switches = [patches.wrap(owner, name, partial(_measured, endpoint)) for name, endpoint in endpoints.items()]
        for name in ("generate_content", "generate_content_stream"):
            patches.add(Elsewhere(owner, name, switches))


def _measured(endpoint: Endpoint, function: Any, switch: Switch) -> Any:
    return measured(endpoint, function, switch)


LIBRARY = Library("google.genai", install=_install)
