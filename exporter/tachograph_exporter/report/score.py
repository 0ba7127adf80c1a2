"""The score: how near to their targets the indicators are, weighted; see docs/decisions/0027."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..live.indicators import Target
from ..past.series import Incident
from ..past.window import Window
from .facts import Period

# Of 100 points; throughput has none: how much is asked of a service is no merit of its own.
WEIGHTS = {
    "errors": 25.0,
    "operation": 20.0,
    "llm": 12.0,
    "query": 10.0,
    "quiet": 10.0,
    "uptime": 8.0,
    "hits": 6.0,
    "cpu": 3.0,
    "memory": 2.0,
    "disk": 2.0,
    "tokens": 2.0,
}
QUIET = Target("quiet", "Time without critical alert", "ratio", 0.999, 0.99, 0.95, more_is_better=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What one indicator adds: `points` of its `weight`, from 0 to 1 of it."""

    target: Target
    value: float | None
    weight: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """The points of what was measured, in proportion to 100."""

    parts: tuple[Part, ...]

    @property
    def measured(self) -> float:
        """How much of the 100 points' weight was measured."""
        return sum(part.weight for part in self.parts if part.share is not None)

    @property
    def value(self) -> float | None:
        """The score, from 0 to 100; None where nothing was measured."""
        points = sum(part.weight * part.share for part in self.parts if part.share is not None)
        return 100 * points / self.measured if self.measured else None

    @property
    def state(self) -> str:
        """How the score stands."""
        return "unknown" if self.value is None else state_of(self.value)

    def gain(self, *names: str) -> float:
        """Return by how many points the score would rise if these indicators met their targets."""
        lost = sum(
            part.weight * (1 - part.share)
            for part in self.parts
            if part.target.name in names and part.share is not None
        )
        return 100 * lost / self.measured if self.measured else 0.0


def score(period: Period, targets: Sequence[Target]) -> Score:
    """Return the score of a period against targets."""
    values = {**period.figures, "quiet": quiet(period.incidents, _known(period))}
    scored = [target for target in (*targets, QUIET) if target.name in WEIGHTS]
    return Score(tuple(_part(target, values.get(target.name)) for target in scored))


def state_of(value: float) -> str:
    """Return how a score stands."""
    return next(
        state for least, state in ((90, "good"), (75, "fair"), (50, "warning"), (-1, "critical")) if value >= least
    )


def share_of(target: Target, value: float) -> float:
    """Return how much of an indicator's weight a value earns: all at the target, half at the warning, none at critical.

    Between those it is in proportion. Without a critical value, the way from the target to the warning is gone once
    more; without a warning, it is in proportion to the target.
    """
    sign = -1.0 if target.more_is_better else 1.0
    reached, good = sign * value, sign * target.good
    if reached <= good:
        return 1.0
    if target.warning is None:
        return max(0.0, value / target.good) if target.more_is_better else min(1.0, target.good / value)
    warning = sign * target.warning
    critical = 2 * warning - good if target.critical is None else sign * target.critical
    if reached <= warning:
        return 1.0 - 0.5 * (reached - good) / (warning - good)
    return max(0.0, 0.5 - 0.5 * (reached - warning) / (critical - warning)) if warning < critical else 0.0


def quiet(incidents: Sequence[Incident], window: Window) -> float:
    """Return the share of a window in which no critical alert fired."""
    spans = sorted(
        (max(one.start, window.start), min(one.end if one.end is not None else window.end, window.end))
        for one in incidents
        if one.severity == "critical"
    )
    loud, until = 0.0, window.start
    for start, end in spans:
        loud += max(0.0, end - max(start, until))
        until = max(until, end)
    return 1.0 - loud / window.seconds


def _known(period: Period) -> Window:
    return Window(period.window.end - period.seconds, period.window.end)


def _part(target: Target, value: float | None) -> Part:
    return Part(target, value, WEIGHTS[target.name], None if value is None else share_of(target, value))
