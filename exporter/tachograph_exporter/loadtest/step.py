"""One step of a load test: so many users for so long, what was seen, and how that stands to the limits."""

from dataclasses import dataclass
from typing import Literal

from ..top.figures import ratio, seconds
from .service import Service
from .tally import Seen, Tally, merged, total

Verdict = Literal["good", "bad", "unclear"]
REQUESTS_MIN = 20  # fewer say nothing about one request in twenty


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service must keep to; None does not matter."""

    error_ratio: float | None = None
    p95_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What was seen while so many users worked; `late` are turns of the target rate that nobody was free for."""

    users: int
    start: float
    end: float
    slices: tuple[Tally, ...]
    driver_cores: float
    late: int = 0
    under_way: int = 0
    service: Service | None = None

    @property
    def tally(self) -> Tally:
        """What was seen in all of it."""
        return merged(self.slices)

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return max(self.end - self.start, 1e-9)

    @property
    def seen(self) -> Seen:
        """All kinds of requests as one."""
        return total(self.tally)

    @property
    def served_per_second(self) -> float:
        """How many requests succeeded a second."""
        return (self.seen.requests - self.seen.failed) / self.seconds


def judge(step: Step, limits: Limits) -> tuple[Verdict, str]:
    """Return how a step stands to the limits, and why."""
    seen = step.seen
    if seen.requests < REQUESTS_MIN:
        return _few(step, limits)
    p95 = seen.quantile(0.95) or 0.0
    if limits.error_ratio is not None and seen.error_ratio > limits.error_ratio:
        return "bad", f"{ratio(seen.error_ratio)} of the requests failed; the limit is {ratio(limits.error_ratio)}"
    if limits.p95_seconds is not None and p95 > limits.p95_seconds:
        return "bad", f"p95 was {seconds(p95)}; the limit is {seconds(limits.p95_seconds)}"
    return "good", ""


def _few(step: Step, limits: Limits) -> tuple[Verdict, str]:
    """Judge where hardly any request ended: because they take so long, or because the step was too short."""
    if not step.seen.requests and (limits.error_ratio is not None or limits.p95_seconds is not None):
        return "bad", "no request ended"
    waited = step.seconds * step.under_way / max(step.seen.requests, 1)
    if limits.p95_seconds is not None and waited > limits.p95_seconds and step.under_way > step.seen.requests:
        return "bad", f"{step.seen.requests} requests ended while {step.under_way} waited"
    return "unclear", f"{step.seen.requests} requests ended, fewer than {REQUESTS_MIN}: make the steps longer"
