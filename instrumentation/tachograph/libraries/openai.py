"""openai: chat completions, sync, async and streamed."""

from typing import Any
from urllib.parse import urlsplit

from .. import names
from ..model import AttributeValue, Call, ChunkReader, Endpoint, Library, Outcome, Shape
from .llm import llm_outcome, llm_shape

_PARAMETERS = {
    "temperature": names.GEN_AI_REQUEST_TEMPERATURE,
    "top_p": names.GEN_AI_REQUEST_TOP_P,
    "max_tokens": names.GEN_AI_REQUEST_MAX_TOKENS,
    "stream": names.GEN_AI_REQUEST_STREAM,
}


def _request(resource: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    url = urlsplit(str(resource._client.base_url))  # noqa: SLF001 - the resource's only way to its client
    port = url.port or (443 if url.scheme == "https" else 80)
    return llm_shape("chat", "openai", str(kwargs.get("model", "")), url.hostname, port)


def _details(_resource: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    return {
        name: value
        for key, name in _PARAMETERS.items()
        if isinstance(value := kwargs.get(key), str | bool | int | float)
    }


def _response(completion: Any, _call: Call) -> Outcome:
    reasons = tuple(choice.finish_reason for choice in completion.choices or () if choice.finish_reason)
    return _outcome(completion, completion.usage, reasons)


def _outcome(message: Any, usage: Any, reasons: tuple[str, ...]) -> Outcome:
    return llm_outcome(
        model=message.model,
        response_id=message.id,
        finish_reasons=reasons,
        input_tokens=getattr(usage, "prompt_tokens", None),
        output_tokens=getattr(usage, "completion_tokens", None),
        cached_tokens=getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None),
        reasoning_tokens=getattr(getattr(usage, "completion_tokens_details", None), "reasoning_tokens", None),
    )


class _Chunks(ChunkReader):
    """Usage comes in the last chunk, where it was asked for; the reason in the last one of each choice."""

    def __init__(self, _call: Call) -> None:
        self._last: Any = None
        self._usage: Any = None
        self._reasons: dict[int, str] = {}

    def read(self, chunk: Any) -> None:
        """Take note of one chunk."""
        self._last = chunk
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices:
            if choice.finish_reason:
                self._reasons[choice.index] = choice.finish_reason

    def outcome(self) -> Outcome:
        """Tell what was seen."""
        if self._last is None:
            return Outcome()
        return _outcome(self._last, self._usage, tuple(self._reasons.values()))


def _chat(owner: str) -> Endpoint:
    return Endpoint(
        f"openai.resources.chat.completions.completions:{owner}.create", _request, _response, _Chunks, _details
    )


LIBRARY = Library("openai", (_chat("Completions"), _chat("AsyncCompletions")))
