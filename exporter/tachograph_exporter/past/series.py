"""What is read of the past."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..live.totals import Bounds, quantile

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Series:
    """A measure of one thing over time; moments at which nothing was measured are left out."""

    labels: Labels
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """What one row of a table counted in a window.

    `counts` are the calls in each bucket, those above the last bound at the end, not cumulative. From Prometheus they
    are estimates (its `increase` extrapolates), and so no whole numbers. `extras` are the table's further measures by
    name.
    """

    labels: Labels
    bounds: Bounds
    counts: tuple[float, ...]
    calls: float
    errors: float
    seconds: float
    extras: Mapping[str, float] = field(default_factory=dict)

    def quantile(self, share: float) -> float | None:
        """Return a quantile of the calls' durations as Prometheus reads it; None without calls."""
        return quantile(share, self.bounds, self.counts)

    @property
    def average(self) -> float | None:
        """How long a call took on average; None without calls."""
        return self.seconds / self.calls if self.calls else None

    @property
    def error_ratio(self) -> float | None:
        """The share of calls that failed; None without calls."""
        return self.errors / self.calls if self.calls else None


@dataclass(frozen=True, slots=True)
class Remark:
    """A statement of which something can be said: what was found against it, and how often."""

    labels: Labels
    fingerprint: str
    text: str
    findings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Incident:
    """An alert that fired; `end` is None where it still does."""

    alert: str
    severity: str
    labels: Labels
    start: float
    end: float | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a source knows anything, and in a line why no further; None where it knows nothing."""

    oldest: float | None
    told: str
