"""litellm: completions, embeddings and responses of whichever provider, counted once, and its chains of fallbacks."""

import functools
from collections.abc import Callable
from typing import Any

import litellm

from ..llm.chain import chain_unless_in_one
from ..llm.outcome import Told, outcome
from ..llm.server import UNKNOWN, Server, server_at, server_of
from ..model import AttributeValue, Call, Endpoint, Library, Outcome, Shape
from ..stream import AsyncStream, SyncStream
from ..wrap import measured
from . import openai as wire

_TARGETS_LIMIT = 1000
_PROVIDERS = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "azure_text": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere_chat": "cohere",
    "gemini": "gcp.gemini",
    "hosted_vllm": "vllm",
    "lm_studio": "lmstudio",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "novita": "novita_ai",
    "ollama_chat": "ollama",
    "sagemaker": "aws.sagemaker",
    "sagemaker_chat": "aws.sagemaker",
    "text-completion-openai": "openai",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
# Names that say how a server is spoken to; at an address of its own it may be anybody's.
_DIALECTS = frozenset(("openai", "custom_openai", "openai_like", "text-completion-openai"))
_OPERATIONS = {
    "completion": "chat",
    "acompletion": "chat",
    "text_completion": "text_completion",
    "atext_completion": "text_completion",
    "embedding": "embeddings",
    "aembedding": "embeddings",
    "responses": "chat",
    "aresponses": "chat",
}
_FIRST = {"responses": "input", "aresponses": "input"}
_CHAINS = ("litellm.main", "litellm.litellm_core_utils.fallback_utils")

_targets: dict[tuple[Any, ...], tuple[str, str]] = {}


def _request(operation: str, first: str) -> Any:
    def request(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
        if kwargs.get("fallbacks") or (operation == "chat" and litellm.model_fallbacks):
            return None  # each model of the chain is called through here again
        model = kwargs.get("model", args[0] if args and first == "model" else "")
        base = kwargs.get("api_base") or kwargs.get("base_url")
        server, name = _target(str(model), kwargs.get("custom_llm_provider"), base)
        return server.shape(operation, name)

    return request


def _target(model: str, provider: str | None, base: Any) -> tuple[Server, str]:
    key = (model, provider, base)
    found = _targets.get(key)
    if found is None:
        if len(_targets) >= _TARGETS_LIMIT:
            _targets.clear()
        name, told, _, _ = litellm.get_llm_provider(model, custom_llm_provider=provider, api_base=base)
        found = _targets[key] = (UNKNOWN if base and told in _DIALECTS else _PROVIDERS.get(told, told), name)
    named, name = found
    return server_at(base, named) if base else server_of(named), name


def _details(_module: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    return wire.details_of(kwargs)


def _response(result: Any, call: Call) -> Outcome:
    told = wire.told_by(result, call)
    return outcome(call, _unpaid(told) if _is_cached(result) else told)


def _is_cached(result: Any) -> bool:
    """Say whether LiteLLM's own cache answered: it repeats the tokens that were paid for before."""
    hidden = getattr(result, "_hidden_params", None)
    hit = isinstance(hidden, dict) and hidden.get("cache_hit") is True
    return hit or getattr(result, "custom_llm_provider", None) == "cached_response"


def _unpaid(told: Told) -> Told:
    return told._replace(usage=None, billed=False)


class _CachedEvents(wire.Events):
    """Chunks that LiteLLM's cache makes of an answer."""

    def told(self) -> Told:
        """Return what the chunks told, which nobody pays for."""
        return _unpaid(super().told())


def _stream(kind: type[SyncStream] | type[AsyncStream], mark: str) -> Callable[[Any, Call], Any]:
    """Return what stands in for a stream: LiteLLM's is for sync and async use, so the function decides."""

    def stand_in(result: Any, call: Call) -> Any:
        if not hasattr(type(result), mark):
            return None
        return kind(result, call, (_CachedEvents if _is_cached(result) else wire.Events)(call))

    return stand_in


def _endpoint(name: str) -> Endpoint:
    stand_in = _stream(AsyncStream, "__anext__") if name.startswith("a") else _stream(SyncStream, "__next__")
    request = _request(_OPERATIONS[name], _FIRST.get(name, "model"))
    return Endpoint(f"litellm:{name}", request, _response, None, _details, None, stand_in)


def _chained(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        async with chain_unless_in_one(str(kwargs.get("model", "litellm"))):
            return await function(*args, **kwargs)

    return wrapper


def _install(patches: Any) -> None:
    for name in _OPERATIONS:
        owners = [module for module in (litellm, getattr(litellm, "main", None)) if name in vars(module or object)]
        for owner in owners:
            endpoint = _endpoint(name)
            patches.replace(owner, name, functools.partial(measured, endpoint, method=False))
    for path in _CHAINS:
        module = functools.reduce(lambda found, part: getattr(found, part, None), path.split(".")[1:], litellm)
        if hasattr(module, "async_completion_with_fallbacks"):
            patches.replace(module, "async_completion_with_fallbacks", _chained)
    patches.replace(litellm.Router, "async_function_with_fallbacks", _chained)


LIBRARY = Library("litellm", install=_install)
