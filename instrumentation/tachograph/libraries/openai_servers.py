"""Servers that speak OpenAI's interface, told by what they add to it."""

from collections.abc import Iterable
from typing import Any

# What system_fingerprint begins with, and fields of answers and of their choices that OpenAI's interface does not have.
_FINGERPRINTS = {"vllm": "vllm", "fp_ollama": "ollama"}
_OF_ANSWERS = {"kv_transfer_params": "vllm", "prompt_logprobs": "vllm", "timings": "llamacpp"}
_OF_CHOICES = {"matched_stop": "sglang", "stop_reason": "vllm", "token_ids": "vllm"}


def provider_of(answer: Any) -> str | None:
    """Return the provider that a completion, a chunk of one, a response or embeddings give away."""
    fingerprint = str(getattr(answer, "system_fingerprint", None) or "")
    for start, provider in _FINGERPRINTS.items():
        if fingerprint.startswith(start):
            return provider
    if str(_more(answer).get("id") or "").startswith("embd-"):
        return "vllm"
    return _told_by((answer,), _OF_ANSWERS) or _told_by(getattr(answer, "choices", None) or (), _OF_CHOICES)


def _told_by(items: Iterable[Any], signs: dict[str, str]) -> str | None:
    return next((provider for item in items for sign, provider in signs.items() if sign in _more(item)), None)


def _more(item: Any) -> dict[str, Any]:
    """Return the fields that the SDK has not heard of."""
    return getattr(item, "model_extra", None) or {}
