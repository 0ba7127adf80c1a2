"""Protobuf's wire format, as far as OTLP needs it (protobuf.dev/programming-guides/encoding)."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

_SHORT = tuple(bytes((number,)) for number in range(128))
_VALUE = b"\x12"
_SMALL = tuple(b"\x18" + short for short in _SHORT)
_NAMES_LIMIT = 1024
_names: dict[str, bytes] = {}
_double = struct.Struct("<d").pack
_fixed64 = struct.Struct("<Q").pack
_signed64 = struct.Struct("<q").pack


def varint(number: int) -> bytes:
    """Encode a non-negative integer."""
    if number < 128:
        return _SHORT[number]
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def message(field: int, body: bytes) -> bytes:
    """Encode a field that holds a message, a string or packed numbers."""
    size = len(body)
    tag = _SHORT[field << 3 | 2] if field < 16 else varint(field << 3 | 2)
    return tag + (_SHORT[size] if size < 128 else varint(size)) + body


def text(field: int, value: str) -> bytes:
    """Encode a string field; lone surrogates, which UTF-8 has no bytes for, become question marks."""
    return message(field, value.encode("utf-8", "replace"))


def double(field: int, value: float) -> bytes:
    """Encode a double field."""
    return varint(field << 3 | 1) + _double(value)


def fixed64(field: int, value: int) -> bytes:
    """Encode an unsigned 64-bit field of fixed width."""
    return varint(field << 3 | 1) + _fixed64(value)


def signed_fixed64(field: int, value: int) -> bytes:
    """Encode a signed 64-bit field of fixed width."""
    return varint(field << 3 | 1) + _signed64(value)


def enum(field: int, value: int) -> bytes:
    """Encode an enum or unsigned field."""
    return varint(field << 3) + varint(value)


def packed_fixed64(field: int, values: Sequence[int]) -> bytes:
    """Encode a repeated fixed64 field."""
    return message(field, struct.pack(f"<{len(values)}Q", *values))


def packed_double(field: int, values: Sequence[float]) -> bytes:
    """Encode a repeated double field."""
    return message(field, struct.pack(f"<{len(values)}d", *values))


def any_value(value: Any) -> bytes:
    """Encode opentelemetry.proto.common.v1.AnyValue; what has no form there goes as text."""
    if isinstance(value, str):
        return message(1, value.encode("utf-8", "replace"))
    if type(value) is int and 0 <= value < 128:
        return _SMALL[value]
    return _any_other(value)


def _any_other(value: Any) -> bytes:
    if isinstance(value, bool):
        return enum(2, value)
    if isinstance(value, int):
        return varint(3 << 3) + varint(value & 0xFFFFFFFFFFFFFFFF) if -(2**63) <= value < 2**63 else text(1, str(value))
    if isinstance(value, float):
        return double(4, value)
    if isinstance(value, bytes):
        return message(7, value)
    if isinstance(value, Mapping):
        return message(6, attributes(1, value))
    if isinstance(value, Sequence):
        return message(5, b"".join(message(1, any_value(item)) for item in value))
    return text(1, str(value))


def attributes(field: int, values: Mapping[str, Any]) -> bytes:
    """Encode attributes as a repeated KeyValue field; None is no attribute."""
    tag = varint(field << 3 | 2)
    parts: list[bytes] = []
    for key, value in values.items():
        if value is not None:
            told = _told(value)
            name = _names.get(key) or _name(key)
            length = varint(len(told))
            parts += (tag, varint(len(name) + 1 + len(length) + len(told)), name, _VALUE, length, told)
    return b"".join(parts)


def _told(value: Any) -> bytes:
    """Encode a value, by its type's name where it cannot be told: others than us may set attributes too."""
    try:
        return any_value(value)
    except Exception:  # noqa: BLE001 - one attribute must not cost all that is sent with it
        return text(1, type(value).__name__)


def _name(key: str) -> bytes:
    """Encode the name of an attribute; there are few, and they are kept."""
    if len(_names) >= _NAMES_LIMIT:
        _names.clear()
    name = _names[key] = text(1, str(key))
    return name
