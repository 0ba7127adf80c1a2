"""OpenTelemetry attributes as Prometheus labels.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", Metric Attributes; and "AnyValue
representation for non-OTLP protocols".
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from math import isfinite, isnan

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ..exposition.metric import Labels
from ..store.refusal import Refused

_DISCOURAGED = re.compile(r"[^a-zA-Z0-9]+")  # an underscore too: several in a row become one

LABELS_MAX = 64
_KEY_LENGTH = 255

Pair = tuple[str, str]
_Plain = bool | int | float | str | list["_Plain"] | dict[str, "_Plain"] | None


def decode(attributes: Iterable[bytes]) -> list[Pair]:
    """Return the keys and the values, as text, of encoded KeyValues; refuse what is not UTF-8."""
    try:
        decoded = [KeyValue.FromString(raw) for raw in attributes]
    except DecodeError:
        raise Refused("text") from None
    return [(pair.key, text(pair.value)) for pair in decoded]


def labels(pairs: Iterable[Pair], *, length: int, reserved: str = "") -> tuple[Labels, Labels]:
    """Return label names, sorted, and their values, cut to `length` characters.

    Keys that become one name give one label, their values in the order of the keys with `;` between. An empty value
    is no label. The name that the kind of metric reserves (`le`) is renamed as Prometheus renames what collides.
    """
    merged: dict[str, list[str]] = {}
    for key, value in sorted(set(pairs)):
        name = label_name(key[:_KEY_LENGTH])
        if value and name:
            merged.setdefault(f"exported_{name}" if name == reserved else name, []).append(value)
    if len(merged) > LABELS_MAX:
        raise Refused("label_limit")
    names = tuple(sorted(merged))
    return names, tuple([";".join(merged[name])[:length] for name in names])


def label_name(key: str) -> str:
    """Return the key as a label's name."""
    name = _DISCOURAGED.sub("_", key)
    return f"key_{name}" if name[:1].isdigit() else name


def text(value: AnyValue) -> str:
    """Return a value as it stands in a label: strings as they are, arrays and maps as JSON."""
    plain = _plain(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: AnyValue) -> _Plain:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return _number(value.double_value)
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case "array_value":
            return [_plain(one) for one in value.array_value.values]
        case "kvlist_value":
            return {pair.key: _plain(pair.value) for pair in value.kvlist_value.values}
        case _:
            return None


def _number(value: float) -> float | str:
    if isfinite(value):
        return value
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
