"""Plain values written as YAML, the way a person lays it out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

# Letters first, so that neither YAML 1.1 nor 1.2 takes the word for a number or a time of day; or a duration.
PLAIN = re.compile(r"[A-Za-z_][\w./-]*(:[\w./-]+)*|([0-9]+(ms|[smhdwy]))+")
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

Value: TypeAlias = "str | bool | int | float | Sequence[Value] | Mapping[str, Value]"


def dump(value: Mapping[str, Value]) -> str:
    """Return a mapping as a YAML document. What could be read as something else is quoted, as JSON does."""
    return "\n".join(_mapping(value)) + "\n"


def _mapping(values: Mapping[str, Value]) -> Iterator[str]:
    for key, value in values.items():
        first, *rest = _lines(value)
        nested = isinstance(value, Mapping | list | tuple) and value
        yield f"{key}:" if nested else f"{key}: {first}"
        yield from (f"  {line}" for line in ((first, *rest) if nested else rest))


def _scalar(text: str) -> str:
    if PLAIN.fullmatch(text) and text.lower() not in WORDS:
        return text
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def _lines(value: Value) -> list[str]:
    if isinstance(value, str):
        return ["|-", *value.splitlines()] if "\n" in value else [_scalar(value)]
    if isinstance(value, Mapping) and value:
        return list(_mapping(value))
    if isinstance(value, list | tuple) and value:
        return [f"{'  ' if place else '- '}{line}" for item in value for place, line in enumerate(_lines(item))]
    return [json.dumps(value)]
