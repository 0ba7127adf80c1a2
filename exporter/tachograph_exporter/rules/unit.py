"""The units of thresholds: how a limit is written for a person, and how an annotation writes the value."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: a limit as text, the template that prints `$value`, and the range that makes sense."""

    name: str
    text: Callable[[float], str]
    template: str
    most: float = float("inf")


def _seconds(value: float) -> str:
    if value >= 86400:
        return f"{value / 86400:g}d"
    if value >= 3600:
        return f"{value / 3600:g}h"
    return f"{value:g}s" if value >= 1 else f"{value * 1000:g}ms"


RATIO = Unit("ratio", lambda value: f"{value * 100:g}%", "{{ $value | humanizePercentage }}", most=1.0)
SECONDS = Unit("seconds", _seconds, "{{ $value | humanizeDuration }}")
BYTES_PER_SECOND = Unit("bytes a second", lambda value: f"{value / 1e6:g}MB/s", "{{ $value | humanize }}B/s")
BYTES = Unit("bytes", lambda value: f"{value / 1e6:g}MB", "{{ $value | humanize }}B")
COUNT = Unit("number", lambda value: f"{value:g}", '{{ printf "%.0f" $value }}')
DOLLARS = Unit("US dollars", lambda value: f"{value:g} USD", '{{ printf "%.2f" $value }} USD')
