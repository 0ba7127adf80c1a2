"""Protobuf's wire format, as far as OTLP needs it (protobuf.dev/programming-guides/encoding)."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

_SHORT = tuple(bytes((number,)) for number in range(128))
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
    return varint(field << 3 | 2) + varint(len(body)) + body


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
        return text(1, value)
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
    return b"".join(
        message(field, text(1, key) + message(2, any_value(value)))
        for key, value in values.items()
        if value is not None
    )
