"""A robust straight line through a series, with what it is uncertain by.

The slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968), which a quarter of wild points
does not move; its limits come from Kendall's S. Points that follow one another are alike, so the variance of S is
widened by the autocorrelation of what the line leaves over (Hamed and Rao 1998, of the first lag).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, median

POINTS_MAX = 48
POINTS_MIN = 12
_MOST_ALIKE = 0.95
_MAD_TO_DEVIATION = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True)
class Trend:
    """The line's value at the end of the series, its growth a second with limits, and how far points stray from it."""

    level: float
    slope: float
    slope_low: float
    slope_high: float
    stray: float

    @property
    def grows(self) -> bool:
        """Whether growth is more than chance."""
        return self.slope_low > 0

    @property
    def shrinks(self) -> bool:
        """Whether shrinking is more than chance."""
        return self.slope_high < 0


def trend(times: Sequence[float], values: Sequence[float], *, error: float = 0.05) -> Trend | None:
    """Return the line; None where there are too few points."""
    points = blocks(times, values)
    if len(points) < POINTS_MIN:
        return None
    slopes = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for place, earlier in enumerate(points)
        for later in points[place + 1 :]
    )
    slope, end = median(slopes), times[-1]
    middle = median(value - slope * (at - end) for at, value in points)
    rest = [value - slope * (at - end) - middle for at, value in points]
    reach = NormalDist().inv_cdf(1 - error / 2) * math.sqrt(_variance([value for _, value in points]) * _alike(rest))
    stray = _MAD_TO_DEVIATION * median(map(abs, rest))
    low, high = (len(slopes) - reach) / 2, (len(slopes) + reach) / 2
    return Trend(middle, slope, _place(slopes, math.floor(low)), _place(slopes, math.ceil(high)), stray)


def blocks(times: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the medians of at most POINTS_MAX stretches of the same length."""
    if not times:
        return []
    length = (times[-1] - times[0]) / POINTS_MAX or 1.0
    found: dict[int, list[tuple[float, float]]] = {}
    for at, value in zip(times, values, strict=True):
        found.setdefault(min(int((at - times[0]) / length), POINTS_MAX - 1), []).append((at, value))
    return [(median(at for at, _ in one), median(value for _, value in one)) for _, one in sorted(found.items())]


def _variance(values: Sequence[float]) -> float:
    """Return the variance of Kendall's S, with ties."""
    number = len(values)
    tied = (values.count(value) for value in set(values))
    return (_pairs(number) - sum(map(_pairs, tied))) / 18


def _pairs(number: int) -> float:
    return number * (number - 1) * (2 * number + 5)


def _alike(rest: Sequence[float]) -> float:
    """Return by how much the likeness of neighbours widens a variance."""
    squares = sum(value * value for value in rest)
    if not squares:
        return 1.0
    lag = sum(one * other for one, other in pairwise(rest)) / squares
    lag = min(max(lag, 0.0), _MOST_ALIKE)
    return (1 + lag) / (1 - lag)


def _place(slopes: Sequence[float], place: int) -> float:
    """Return the slope at a place of their order; beyond the ends anything may be."""
    if place < 0:
        return -math.inf
    return slopes[place] if place < len(slopes) else math.inf
