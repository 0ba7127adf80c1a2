"""The parameters of a request as attributes of its span."""

from collections.abc import Callable, Mapping
from typing import Any

from .. import names
from ..model import OwnAttributes

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
    "maxTokenCount": names.GEN_AI_REQUEST_MAX_TOKENS,
    "max_gen_len": names.GEN_AI_REQUEST_MAX_TOKENS,
    "num_predict": names.GEN_AI_REQUEST_MAX_TOKENS,
    "frequency_penalty": names.GEN_AI_REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": names.GEN_AI_REQUEST_PRESENCE_PENALTY,
    "seed": names.GEN_AI_REQUEST_SEED,
    "dimensions": names.GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
    "output_dimensionality": names.GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
}


def parameters(given: Mapping[str, Any]) -> OwnAttributes:
    """Return the attributes for the parameters in `given`; what is no plain value is left out."""
    found = OwnAttributes()
    for key, value in given.items():
        name = _NUMBERS.get(key)
        if name is not None:
            if isinstance(value, int | float):
                found[name] = value
        elif (read := _OTHERS.get(key)) is not None:
            read(found, value)
    return found


def _stream(found: OwnAttributes, value: object) -> None:
    if value is True:
        found[names.GEN_AI_REQUEST_STREAM] = True


def _choices(found: OwnAttributes, value: object) -> None:
    if isinstance(value, int) and value != 1:
        found[names.GEN_AI_REQUEST_CHOICE_COUNT] = value


def _encoding(found: OwnAttributes, value: object) -> None:
    if isinstance(value, str):
        found[names.GEN_AI_REQUEST_ENCODING_FORMATS] = (value,)


def _stops(found: OwnAttributes, value: object) -> None:
    stops = (value,) if isinstance(value, str) else value
    if isinstance(stops, list | tuple) and stops and all(isinstance(stop, str) for stop in stops):
        found[names.GEN_AI_REQUEST_STOP_SEQUENCES] = tuple(stops)


_OTHERS: dict[str, Callable[[OwnAttributes, object], None]] = {
    "stream": _stream,
    "n": _choices,
    "encoding_format": _encoding,
    "stop": _stops,
    "stop_sequences": _stops,
    "stopSequences": _stops,
}
