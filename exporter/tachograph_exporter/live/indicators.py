"""The key indicators against the targets of the teams that asked for them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from .row import Plain, Row, significant
from .totals import quantile

if TYPE_CHECKING:
    from ..rules.check import Check
    from ..rules.settings import Settings

State = Literal["good", "fair", "warning", "critical", "unknown"]


@dataclass(frozen=True, slots=True)
class Target:
    """An indicator: where it is good, where it warns and where it is critical; `more_is_better` turns them round.

    `alert` is the name of the alert that has the same limits.
    """

    name: str
    title: str
    unit: Literal["ratio", "seconds", "per second"]
    good: float
    warning: float | None = None
    critical: float | None = None
    more_is_better: bool = False
    alert: str = ""

    def state(self, value: float | None) -> State:
        """Return how a value stands."""
        if value is None:
            return "unknown"
        for state, limit in (("critical", self.critical), ("warning", self.warning)):
            if limit is not None and (value < limit if self.more_is_better else value > limit):
                return state  # type: ignore[return-value]  # a state by its literal
        return "good" if (value >= self.good if self.more_is_better else value <= self.good) else "fair"

    def shown(self, value: float | None) -> Plain:
        """Return the indicator as JSON has it."""
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "value": significant(value),
            "target": self.good,
            "warning": self.warning,
            "critical": self.critical,
            "more_is_better": self.more_is_better,
            "state": self.state(value),
        }


TARGETS = (
    Target("cpu", "CPU use", "ratio", 0.5, 0.7, 0.9, alert="HostCpuHigh"),
    Target("memory", "Memory use", "ratio", 0.6, 0.8, 0.9, alert="HostMemoryHigh"),
    Target("disk", "Fullest disk", "ratio", 0.7, 0.8, 0.9, alert="HostFilesystemFull"),
    Target("operation", "Operations, p95", "seconds", 3.0, 5.0, 10.0, alert="OperationSlow"),
    Target("llm", "LLM response, p95", "seconds", 3.0, 5.0, 10.0, alert="LlmSlow"),
    Target("query", "Queries, p95", "seconds", 0.05, 0.1, 0.5, alert="DatabaseQueriesSlow"),
    Target("errors", "Error rate", "ratio", 0.001, 0.01, 0.05, alert="OperationErrorsHigh"),
    Target("hits", "Cache hit rate", "ratio", 0.9, 0.8, 0.7, more_is_better=True, alert="CacheHitRateLow"),
    Target("tokens", "Token efficiency", "ratio", 0.8, more_is_better=True),
    Target("uptime", "Uptime, endpoints", "ratio", 0.999, 0.99, more_is_better=True, alert="ProbeUptimeLow"),
    Target("throughput", "Throughput", "per second", 1000.0, more_is_better=True),
)


def targets(limits: "Settings | None") -> tuple[Target, ...]:
    """Return the targets, of which a user's limits of alerts move the warning and the critical value."""
    if limits is None or not limits.checks:
        return TARGETS
    return tuple(_moved(target, limits.checks.get(target.alert)) for target in TARGETS)


def shown(values: Mapping[str, float | None], limits: "Settings | None") -> list[Plain]:
    """Return all indicators as JSON has them."""
    return [target.shown(values.get(target.name)) for target in targets(limits)]


def _moved(target: Target, check: "Check | None") -> Target:
    """Return a target at a check's limits; it is good at the warning at the latest."""
    if check is None:
        return target
    warning = check.warning.value if check.warning else target.warning
    critical = check.critical.value if check.critical else target.critical
    stricter = max if target.more_is_better else min
    good = target.good if warning is None else stricter(target.good, warning)
    return replace(target, good=good, warning=warning, critical=critical)


def combined(rows: Iterable[Row], share: float = 0.95) -> float | None:
    """Return a quantile of all rows' recent calls that are counted in the commonest buckets."""
    by_bounds: dict[tuple[float, ...], list[int]] = {}
    for row in rows:
        recent = row.recent()
        if recent.calls and row.bounds:
            sums = by_bounds.setdefault(row.bounds, [0] * len(recent.counts))
            by_bounds[row.bounds] = [one + other for one, other in zip(sums, recent.counts, strict=True)]
    if not by_bounds:
        return None
    bounds = max(by_bounds, key=lambda one: sum(by_bounds[one]))
    return quantile(share, bounds, by_bounds[bounds])


def share(rows: Iterable[Row], part: Callable[[Row], float], whole: Callable[[Row], float]) -> float | None:
    """Return a ratio over all rows; None where there is nothing to divide by."""
    kept = list(rows)
    total = sum(map(whole, kept))
    return sum(map(part, kept)) / total if total else None
