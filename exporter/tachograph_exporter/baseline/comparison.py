"""A record against a baseline: each operation's percentiles and error rate, and what can be said of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .record import Record, Row
from .statistics import Change, Estimate, percentile, proportion

Verdict = Literal["worse", "better", "same", "unclear", "too few calls", "beyond the buckets"]
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
ERRORS = "errors"
ERROR = 0.05  # of the whole comparison: what is said to have changed has, but for one comparison in twenty
ERRORS_LEAST = 0.001  # a tenth of a per cent is what the teams call good: less of a rise is none


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one operation, then and now."""

    row: Row
    measure: str
    verdict: Verdict
    change: Change | None

    @property
    def ratio(self) -> float | None:
        """By which share it grew; None where there is nothing to compare, or it was nothing."""
        if self.change is None or not self.change.before.value or math.isinf(self.change.before.value):
            return None
        return self.change.difference / self.change.before.value


@dataclass(frozen=True, slots=True)
class Comparison:
    """All findings, and what is only on one side or counted in other buckets."""

    baseline: Record
    now: Record
    fail_on: float
    findings: tuple[Finding, ...]
    gone: tuple[Row, ...]
    added: tuple[Row, ...]
    incomparable: tuple[Row, ...]

    @property
    def worse(self) -> tuple[Finding, ...]:
        """What got worse."""
        return tuple(one for one in self.findings if one.verdict == "worse")

    @property
    def told(self) -> bool:
        """Whether anything can be said at all."""
        return any(one.change is not None for one in self.findings)


def compare(baseline: Record, now: Record, *, fail_on: float) -> Comparison:
    """Return how a record stands to a baseline; `fail_on` is the growth that is still no worsening."""
    before = {row.key: row for row in baseline.rows}
    after = {row.key: row for row in now.rows}
    both = [(before[key], after[key]) for key in after if key in before]
    pairs = [(then, row) for then, row in both if then.bounds == row.bounds]
    error = ERROR / max(1, len(pairs) * (len(PERCENTILES) + 1))  # Bonferroni: many questions, one answer
    return Comparison(
        baseline,
        now,
        fail_on,
        tuple(one for then, row in pairs for one in _findings(then, row, fail_on, error)),
        tuple(row for key, row in before.items() if key not in after),
        tuple(row for key, row in after.items() if key not in before),
        tuple(row for then, row in both if then.bounds != row.bounds),
    )


def _findings(then: Row, now: Row, fail_on: float, error: float) -> Iterator[Finding]:
    for name, share in PERCENTILES.items():
        before, after = (percentile(row.bounds, row.slices, share, error=error) for row in (then, now))
        yield _finding(now, name, before, after, fail_on, 0.0)
    before, after = (proportion(row.errors, [sum(one) for one in row.slices], error=error) for row in (then, now))
    yield _finding(now, ERRORS, before, after, fail_on, ERRORS_LEAST)


def _finding(
    row: Row, measure: str, before: Estimate | None, after: Estimate | None, fail_on: float, least: float
) -> Finding:
    if before is None or after is None:
        return Finding(row, measure, "too few calls", None)
    if math.isinf(before.value):
        return Finding(row, measure, "beyond the buckets", None)
    change = Change(before, after)
    return Finding(row, measure, _verdict(change, max(fail_on * before.value, least)), change)


def _verdict(change: Change, threshold: float) -> Verdict:
    """Say it changed where chance does not explain it and it is more than the threshold; else say what is known."""
    if change.low > 0 and change.difference > threshold:
        return "worse"
    if change.high < 0 and -change.difference > threshold:
        return "better"
    if not change.after.value:
        return "same"  # none failed: that is no worse, however few there were
    return "same" if change.high <= threshold or (change.low > 0 >= change.difference - threshold) else "unclear"
