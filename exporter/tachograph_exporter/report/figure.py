"""Figures as a person reads them: three digits and a unit."""

from collections.abc import Callable

_NOTHING = "-"


def shown(value: float | None, unit: str) -> str:
    """Return a value in its unit."""
    return _NOTHING if value is None else _UNITS[unit](value)


def axis(value: float, unit: str) -> str:
    """Return a value as the axis of a plot has it: as short as can be."""
    if not value:
        return "0"
    return f"{_digits(value)} USD/h" if unit == "USD per hour" else shown(value, unit)


def percent(value: float) -> str:
    """Return a ratio as per cent; what is next to whole or nothing is not rounded to it."""
    scaled = value * 100
    if 0 < scaled < 0.01:
        return "<0.01%"
    if 99.5 < scaled < 100:
        return f"{scaled:.2f}".rstrip("0") + "%"
    return f"{_digits(scaled)}%"


def seconds(value: float) -> str:
    """Return a duration."""
    if value < 1e-3:
        return f"{_digits(value * 1e6)} µs"
    if value < 1:
        return f"{_digits(value * 1e3)} ms"
    if value < 120:
        return f"{_digits(value)} s"
    return f"{_digits(value / 60)} min" if value < 7200 else f"{_digits(value / 3600)} h"


def count(value: float) -> str:
    """Return a number of things."""
    return f"{value:,.0f}" if value >= 100 else _digits(value)


def dollars(value: float) -> str:
    """Return an amount of money; small ones keep two digits that say something."""
    if 0 < value < 1e-4:
        return "<0.0001 USD"
    return f"{value:,.2f} USD" if value >= 1 or not value else f"{value:.2g} USD"


def changed(change: float | None) -> str:
    """Return a change in proportion to before."""
    if change is None:
        return "-"
    return f"{change:+.0%}" if abs(change) < 10 else f"{change + 1:.0f} times"


def _bytes(value: float) -> str:
    for size, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size:
            return f"{_digits(value / size)} {name}"
    return f"{_digits(value)} B"


def _digits(value: float) -> str:
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:g}" if abs(rounded) >= 1e-3 else f"{rounded:.1g}"


_UNITS: dict[str, Callable[[float], str]] = {
    "ratio": percent,
    "seconds": seconds,
    "bytes per second": lambda value: f"{_bytes(value)}/s",
    "bytes": _bytes,
    "per second": lambda value: f"{_digits(value)}/s",
    "USD per hour": lambda value: f"{dollars(value)}/h",
    "USD": dollars,
    "spent": dollars,
    "number": count,
}
