"""How figures are written: as the live page writes them."""

from collections.abc import Callable
from typing import Any

Write = Callable[[Any], str]

NONE = "\N{EN DASH}"
_TIMES = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
_COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_LEAST_DOLLARS = 0.0001
_COUNTED = 1e4  # up to here a number is written in full


def digits(value: float, count: int = 3) -> str:
    """Return a number with so many significant digits, and no exponent."""
    text = f"{float(f'{value:.{count}g}'):.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def seconds(value: float | None) -> str:
    """Return a time."""
    if value is None:
        return NONE
    return "0 s" if value == 0 else _scaled(value, _TIMES)


def ratio(value: float | None) -> str:
    """Return a share in per cent."""
    return NONE if value is None else f"{digits(value * 100)} %"


def size(value: float | None) -> str:
    """Return a number of bytes."""
    if value is None:
        return NONE
    return "0 B" if value < 1 else _scaled(value, _BYTES)


def rate(value: float | None) -> str:
    """Return bytes a second."""
    return NONE if value is None else f"{size(value)}/s"


def count(value: float | None) -> str:
    """Return a number of things."""
    if value is None:
        return NONE
    return digits(value) if value < _COUNTED else _scaled(value, _COUNTS)


def per_second(value: float | None) -> str:
    """Return things a second."""
    return NONE if value is None else f"{count(value)}/s"


def dollars(value: float | None) -> str:
    """Return an amount of money; a small one in more digits."""
    if value is None:
        return NONE
    if 0 < value < _LEAST_DOLLARS:
        return f"<${digits(_LEAST_DOLLARS)}"
    return f"${digits(value, 2)}" if value and value < 0.01 else f"${value:.2f}"


UNITS: dict[str, Write] = {"ratio": ratio, "seconds": seconds, "per second": per_second}


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    size_, unit = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    return f"{digits(value / size_)} {unit}"
