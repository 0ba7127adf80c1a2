"""Percentiles and shares of binned counts with confidence limits, and whether two of them differ.

A percentile's limits are the percentiles whose ranks lie within the error of its rank (Woodruff 1952, for samples in
clusters). The error is that of the slices of time the counts came in, where there are enough of them: calls of one
minute are alike, so a million of them say less than a million independent ones would.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

from ..live.totals import Bounds, quantile

SLICES_MIN = 8  # fewer do not tell how much a service varies by itself
_TAIL_CALLS_MIN = 10  # calls above a percentile, at least

Counts = Sequence[float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its confidence limits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Change:
    """From one estimate to another: the difference and its confidence limits (MOVER, Zou and Donner 2008)."""

    before: Estimate
    after: Estimate

    @property
    def difference(self) -> float:
        """By how much it grew."""
        return self.after.value - self.before.value

    @property
    def low(self) -> float:
        """By how much it grew at the least."""
        if math.isinf(self.after.value):
            return self.after.low - self.before.high  # more cautious, and defined where the value is not
        reach = math.hypot(self.after.value - self.after.low, self.before.high - self.before.value)
        return max(self.difference - reach, -self.before.value)

    @property
    def high(self) -> float:
        """By how much it grew at the most."""
        return self.difference + math.hypot(self.after.high - self.after.value, self.before.value - self.before.low)


def percentile(bounds: Bounds, slices: Sequence[Counts], share: float, *, error: float) -> Estimate | None:
    """Return a percentile, wrong on either side with half of `error`; None where there are too few calls to tell.

    `slices` are the counts of each slice of time, bucket by bucket, those above the last bound at the end.
    """
    pooled = [sum(counts) for counts in zip(*slices, strict=True)]
    total = sum(pooled)
    if total * min(share, 1 - share) < _TAIL_CALLS_MIN:
        return None
    value = _at(share, bounds, pooled)
    below = [_below(value, bounds, counts) for counts in slices]
    spread = _spread(below, [sum(counts) for counts in slices], share)
    reach = _deviations(error, len(slices)) * spread
    return Estimate(value, _at(share - reach, bounds, pooled), _at(share + reach, bounds, pooled))


def proportion(parts: Sequence[float], wholes: Sequence[float], *, error: float) -> Estimate | None:
    """Return a share of all slices with Wilson's limits at the sample size that its spread is worth."""
    whole = sum(wholes)
    if whole < _TAIL_CALLS_MIN:
        return None
    value = min(1.0, sum(parts) / whole)
    spread = _spread(parts, wholes, value)
    size = min(whole, value * (1 - value) / spread**2) if spread else whole
    deviations = _deviations(error, len(wholes))
    square = deviations**2
    middle = (value + square / (2 * size)) / (1 + square / size)
    reach = math.sqrt(square * (value * (1 - value) / size + square / (4 * size * size))) / (1 + square / size)
    low = min(value, middle - reach, value - deviations * spread)  # Wilson's alone would take one bad slice for a rise
    return Estimate(value, max(0.0, low), min(1.0, max(value, middle + reach)))


def _spread(parts: Sequence[float], wholes: Sequence[float], share: float) -> float:
    """Return the standard error of a share: that of independent calls, or that between the slices if it is larger."""
    whole, number = sum(wholes), len(wholes)
    independent = max(0.0, share * (1 - share)) / whole
    if number < SLICES_MIN:
        return math.sqrt(independent)
    squares = sum((part - share * one) ** 2 for part, one in zip(parts, wholes, strict=True))
    return math.sqrt(max(independent, number / (number - 1) * squares / whole**2))


def _deviations(error: float, slices: int) -> float:
    """Return the standard errors within which a value lies but for `error`: Student's t by Fisher's expansion."""
    z = NormalDist().inv_cdf(1 - error / 2)
    if slices < SLICES_MIN:
        return z
    free = slices - 1
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / free + second / free**2 + third / free**3


def _at(share: float, bounds: Bounds, pooled: Counts) -> float:
    """Return a percentile; infinite where it lies above the last bound."""
    share = min(max(share, 0.0), 1.0)
    if share * sum(pooled) > sum(pooled[:-1]) or not bounds:
        return math.inf
    return quantile(share, bounds, pooled) or 0.0


def _below(value: float, bounds: Bounds, counts: Counts) -> float:
    """Return how many calls of a slice were quicker, spread evenly within a bucket."""
    if math.isinf(value):
        return sum(counts[:-1])
    reached = [0.0, *accumulate(counts)]
    place = next(place for place, bound in enumerate(bounds) if bound >= value)
    lower = bounds[place - 1] if place else 0.0
    return reached[place] + counts[place] * (value - lower) / (bounds[place] - lower)
