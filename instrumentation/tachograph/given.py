"""What an application gives as names, attributes and labels, made into what telemetry has a form for."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .model import AttributeValue, Labels

_SCALARS = frozenset((str, bool, int, float))
# An instrument's name (opentelemetry.io/docs/specs/otel/metrics/api, "Instrument name syntax").
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,254}")


def attributes(given: Mapping[Any, Any]) -> dict[str, AttributeValue]:
    """Return the attributes: None is none, and what has no form goes as text."""
    return {
        key if type(key) is str else text(key): value if type(value) in _SCALARS else _plain(value)
        for key, value in given.items()
        if value is not None
    }


def labels(given: Mapping[str, Any]) -> Labels:
    """Return the labels, in one order whatever order they were given in."""
    if _SCALARS.issuperset(map(type, given.values())):
        return tuple(sorted(given.items()))
    return tuple(sorted((key, _label(tag)) for key, tag in given.items() if tag is not None))


def metric_name(name: str) -> str:
    """Return the name of a metric; a ValueError says what is wrong with it."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a metric: a letter, then letters, digits, _ . / and -, at most 255")
    return name


def bounds(given: Sequence[float]) -> tuple[float, ...]:
    """Return the upper bounds of buckets in order; the last bucket, which has none, is not among them."""
    found = tuple(sorted({float(bound) for bound in given} - {float("inf")}))
    if not found or any(bound != bound or bound == float("-inf") for bound in found):
        raise ValueError(f"{given!r} are no buckets: their upper bounds are numbers, at least one")
    return found


def text(value: object) -> str:
    """Return a value as text, also one whose own text cannot be had."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        return type(value).__name__


def _plain(value: Any) -> AttributeValue:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = tuple(_label(item) for item in value)
        alike = len({type(item) for item in items}) < 2
        return items if alike else tuple(map(text, items))  # type: ignore[return-value] # all of one type
    return _label(value)


def _label(value: Any) -> str | bool | int | float:
    if isinstance(value, str | bool | int | float):
        return value
    return int(value) if hasattr(value, "__index__") else text(value)
