"""Values that are more than one number: the state of one series of a histogram or summary, and exemplars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation that was kept, with what identifies it (trace_id, span_id); the time is Unix seconds."""

    labels: tuple[tuple[str, str], ...]
    value: float
    timestamp: float | None = None


class Counted(NamedTuple):
    """A counter's value with the last observation that was kept."""

    value: float
    exemplar: Exemplar


class Distribution(NamedTuple):
    """A histogram's state: one count a bucket, not cumulative, the last one above every bound.

    `bounds` are the buckets' upper limits, ascending, without +Inf, so `counts` is one longer.
    `exemplars`, where there are any, has one place a bucket.
    """

    bounds: tuple[float, ...]
    counts: Sequence[int]
    sum: float
    exemplars: Sequence[Exemplar | None] = ()


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A summary's state: (quantile, value) pairs, the number of observations and their sum."""

    quantiles: tuple[tuple[float, float], ...]
    count: float
    sum: float
