"""The parameters of a request as attributes of its span."""

from collections.abc import Mapping
from typing import Any

from .. import names
from ..model import AttributeValue

# What the libraries' parameters are called, in all their dialects.
_NUMBERS = {
    "temperature": names.GEN_AI_REQUEST_TEMPERATURE,
    "top_p": names.GEN_AI_REQUEST_TOP_P,
    "topP": names.GEN_AI_REQUEST_TOP_P,
    "top_k": names.GEN_AI_REQUEST_TOP_K,
    "max_tokens": names.GEN_AI_REQUEST_MAX_TOKENS,
    "max_completion_tokens": names.GEN_AI_REQUEST_MAX_TOKENS,
    "max_output_tokens": names.GEN_AI_REQUEST_MAX_TOKENS,
    "maxTokens": names.GEN_AI_REQUEST_MAX_TOKENS,
    "num_predict": names.GEN_AI_REQUEST_MAX_TOKENS,
    "frequency_penalty": names.GEN_AI_REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": names.GEN_AI_REQUEST_PRESENCE_PENALTY,
    "seed": names.GEN_AI_REQUEST_SEED,
    "dimensions": names.GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
    "output_dimensionality": names.GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
}
_STOPS = ("stop", "stop_sequences", "stopSequences")


def parameters(given: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return the attributes for the parameters in `given`; what is no plain value is left out."""
    found: dict[str, AttributeValue] = {}
    for key, value in given.items():
        name = _NUMBERS.get(key)
        if name is not None and isinstance(value, int | float):
            found[name] = value
        elif key in _STOPS:
            _stops(found, value)
    if given.get("stream") is True:
        found[names.GEN_AI_REQUEST_STREAM] = True
    if isinstance(count := given.get("n"), int) and count != 1:
        found[names.GEN_AI_REQUEST_CHOICE_COUNT] = count
    if isinstance(encoding := given.get("encoding_format"), str):
        found[names.GEN_AI_REQUEST_ENCODING_FORMATS] = (encoding,)
    return found


def _stops(found: dict[str, AttributeValue], value: object) -> None:
    stops = (value,) if isinstance(value, str) else value
    if isinstance(stops, list | tuple) and stops and all(isinstance(stop, str) for stop in stops):
        found[names.GEN_AI_REQUEST_STOP_SEQUENCES] = tuple(stops)
