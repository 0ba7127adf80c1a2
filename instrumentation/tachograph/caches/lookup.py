"""One look into a cache outside the process' memory, which takes time."""

from time import perf_counter
from typing import Any

from ..harmless import harmless
from ..telemetry.hub import HUB
from . import metrics
from .level import HIT, MISS, Level

UNKNOWN: Any = object()
"""The key of a look-up of which nobody will tell what its miss is loaded by."""


@harmless
def looked_up(level: Level, key: Any, started: float, *, hit: bool) -> None:
    """Count a look-up that was `started` by time.perf_counter, and how long it took."""
    seconds = perf_counter() - started
    HUB.registry.histogram(metrics.REQUEST_DURATION, (*level.labels, HIT if hit else MISS)).record(seconds)
    if hit:
        level.hit()
        level.hit_again()
    elif key is UNKNOWN:
        level.missed_only()
    else:
        level.missed(key)
