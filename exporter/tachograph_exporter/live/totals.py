"""What a row has counted: calls, failures, seconds, and how the calls spread over a histogram's buckets."""

from collections.abc import Sequence
from itertools import accumulate, pairwise, repeat
from typing import NamedTuple

Bounds = tuple[float, ...]


class Totals(NamedTuple):
    """Counted since the exporter began, or between two moments; `counts` has one place more than the bounds."""

    calls: int
    errors: int
    seconds: float
    counts: tuple[int, ...]
    extras: tuple[float, ...]

    def since(self, before: "Totals | None") -> "Totals":
        """Return what came after an earlier state."""
        if before is None:
            return self
        return Totals(
            self.calls - before.calls,
            self.errors - before.errors,
            self.seconds - before.seconds,
            tuple([now - then for now, then in zip(self.counts, before.counts or repeat(0), strict=False)]),
            tuple([max(0.0, now - then) for now, then in zip(self.extras, before.extras or repeat(0.0), strict=False)]),
        )

    def nothing(self) -> "Totals":
        """Return the totals of the same shape of which all are 0."""
        return Totals(0, 0, 0.0, (0,) * len(self.counts), (0.0,) * len(self.extras))

    def fell_behind(self, before: "Totals") -> bool:
        """Tell whether the counts began anew since an earlier state."""
        return self.calls < before.calls or len(self.counts) < len(before.counts)


def quantile(share: float, bounds: Bounds, counts: Sequence[float]) -> float | None:
    """Return a quantile as Prometheus' histogram_quantile reads it: linear within a bucket, at most the last bound."""
    total = sum(counts)
    if not total or not bounds:
        return None
    rank = share * total
    reached = [0, *accumulate(counts)]
    for index, (before, after) in enumerate(pairwise(reached)):
        if after >= rank and after > before:
            if index == len(bounds):
                return bounds[-1]
            lower = bounds[index - 1] if index else 0.0
            return lower + (bounds[index] - lower) * (rank - before) / (after - before)
    return bounds[-1]
