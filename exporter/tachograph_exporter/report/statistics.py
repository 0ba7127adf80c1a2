"""Average, least, most and p95 of a measure's points."""

from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """How the values of a measure spread over a window."""

    average: float
    minimum: float
    maximum: float
    p95: float


def spread(values: Sequence[float]) -> Spread:
    """Return how values spread; there must be one."""
    ordered = sorted(values)
    return Spread(sum(ordered) / len(ordered), ordered[0], ordered[-1], percentile(ordered, 0.95))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return a percentile of ordered values, linear between two of them, as Prometheus' quantile_over_time reads it."""
    rank = share * (len(ordered) - 1)
    lower = int(rank)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (rank - lower)
