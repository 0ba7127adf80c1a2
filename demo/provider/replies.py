"""The bodies the provider sends, in the shapes of OpenAI's API reference."""

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from .wording import encoded, prompt_text, sentence, tokens, usage, vector

MODELS = ("gpt-4o", "gpt-4o-mini", "text-embedding-3-small")
_SNAPSHOTS = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18"}

Body = dict[str, Any]


def models() -> Body:
    """Return the list of models."""
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 1715367049, "owned_by": "system"} for name in MODELS],
    }


def error(kind: str, message: str) -> Body:
    """Return the body of a refusal."""
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def embeddings(request: Body) -> Body:
    """Return a vector for each input, as floats or base64 as asked."""
    given = request["input"]
    texts = [given] if isinstance(given, str) else list(given)
    count = sum(tokens(text) for text in texts)
    vectors = [vector(text, int(request.get("dimensions") or 1536)) for text in texts]
    packed = request.get("encoding_format") == "base64"
    return {
        "object": "list",
        "model": request["model"],
        "data": [
            {"object": "embedding", "index": index, "embedding": encoded(values) if packed else values}
            for index, values in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def completion(request: Body, words: int) -> Body:
    """Return a whole chat completion: a tool call where a tool is offered and not yet used, else `words` words."""
    messages = request["messages"]
    call = _tool_call(request)
    text = "" if call else "".join(sentence(words)).strip()
    message: Body = {"role": "assistant", "content": text or None, "refusal": None}
    if call:
        message["tool_calls"] = [call]
    return _envelope(request, "chat.completion") | {
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if call else "stop"}
        ],
        "usage": usage(prompt_text(messages), text or json.dumps(call)),
    }


def chunks(request: Body, words: int) -> Iterator[Body]:
    """Yield the chunks of a streamed completion; the last one carries the usage, where it was asked for."""
    envelope = _envelope(request, "chat.completion.chunk")
    spoken = sentence(words)
    yield envelope | {"choices": [_choice({"role": "assistant", "content": "", "refusal": None})]}
    for word in spoken:
        yield envelope | {"choices": [_choice({"content": word})]}
    yield envelope | {"choices": [_choice({}, finish_reason="stop")]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield envelope | {"choices": [], "usage": usage(prompt_text(request["messages"]), "".join(spoken))}


def _envelope(request: Body, kind: str) -> Body:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": _SNAPSHOTS.get(request["model"], request["model"]),
        "service_tier": "default",
        "system_fingerprint": "fp_demo",
    }


def _choice(delta: Body, *, finish_reason: str | None = None) -> Body:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _tool_call(request: Body) -> Body | None:
    messages = request["messages"]
    if not request.get("tools") or messages[-1]["role"] == "tool":
        return None
    function = request["tools"][0]["function"]
    arguments = dict.fromkeys(function["parameters"]["required"], messages[-1]["content"])
    return {
        "id": f"call_{secrets.token_hex(8)}",
        "type": "function",
        "function": {"name": function["name"], "arguments": json.dumps(arguments)},
    }
