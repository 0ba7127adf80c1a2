"""Turns what a file or a flag says into a field's type, or says what it should be."""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from .address import Address


class Mismatch(ValueError):  # noqa: N818 - the message is for the user
    """A value is not what its place takes; the message says what is."""


Nested = Callable[[type, Any], Any]


def convert(hint: Any, value: Any, nested: Nested, *, text: bool = False) -> Any:
    """Return a value of the hinted type; raise Mismatch.

    `text` is set for flags, where numbers too come as text. `nested` makes a dataclass of a table.
    """
    if value is None and _optional(hint):
        return None
    hint = _without_none(hint)
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint)[0], value, nested, text=text)
    if get_origin(hint) is Mapping:
        return _texts(value)
    if is_dataclass(hint) and isinstance(hint, type) and hint is not Address:
        return nested(hint, value)
    return _scalar(get_origin(hint) or hint, value, text=text)


def _optional(hint: Any) -> bool:
    return isinstance(hint, UnionType) and NoneType in get_args(hint)


def _without_none(hint: Any) -> Any:
    if not isinstance(hint, UnionType):
        return hint
    return next(one for one in get_args(hint) if one is not NoneType)


def _tuple(item: Any, value: Any, nested: Nested, *, text: bool) -> tuple[Any, ...]:
    if isinstance(value, str) and not text:
        raise Mismatch(f"write a list, [{value!r}]")
    if not isinstance(value, list | tuple):
        raise Mismatch(f"must be a list, not {value!r}")
    return tuple(convert(item, one, nested, text=text) for one in value)


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise Mismatch(f"must be a table of strings, not {value!r}")
    return dict(value)


def _scalar(kind: type, value: Any, *, text: bool) -> Any:
    if kind in _FROM_TEXT:
        if not isinstance(value, str):
            raise Mismatch(f"must be a string, not {value!r}")
        return _FROM_TEXT[kind](value)
    if text and isinstance(value, str):
        return _number(kind, value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise Mismatch(f"must be {_NAMES[kind]}, not {value!r}")
    return value


def _number(kind: type, text: str) -> Any:
    parts = _DURATION.findall(text) if kind is float else ()
    if parts and "".join(map("".join, parts)) == text:
        return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    try:
        return kind(text)
    except ValueError:
        raise Mismatch(f"must be {_NAMES[kind]}, not {text!r}") from None


def _pattern(text: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # [[:alpha:]], which means something else to Python
            return re.compile(text)
    except (re.error, FutureWarning) as error:
        raise Mismatch(f"bad pattern {text!r}: {error}") from error


_FROM_TEXT: dict[type, Callable[[str], Any]] = {str: str, Path: Path, Address: Address.parse, re.Pattern: _pattern}
# How node_exporter's users write seconds: 5s, 1m30s. All numbers with a fraction are seconds here.
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NAMES: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number"}
