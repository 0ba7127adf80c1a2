"""A load test's outcome as plain data: what the JSON is, and what the other formats are made of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ..past.series import Calls
from .course import Course
from .plan import Plan
from .service import Service
from .step import Limits, Step, judge
from .tally import Seen, Tally, total

Plain = dict[str, Any]
OPERATIONS_SHOWN = 10
_BUSY_DRIVER = 0.9  # of a core: Locust works on one
_FLAT = 1.05  # growth of throughput that more users must bring


@dataclass(frozen=True, slots=True)
class Asked:
    """What the report says of how it came about."""

    target: str
    plan: Plan
    limits: Limits
    stress: bool
    measured_by: str


def document(asked: Asked, course: Course) -> Plain:
    """Return the outcome."""
    steps = [_step(step, asked.limits) for step in course.steps]
    return {
        "target": asked.target,
        "host": asked.plan.target.host,
        "mode": "stress" if asked.stress else "load",
        "started": _time(course.steps[0].start) if course.steps else None,
        "users": asked.plan.users,
        "rate": asked.plan.rate,
        "limits": asdict(asked.limits),
        "interrupted": course.interrupted,
        "measured_by": asked.measured_by if not course.trouble else None,
        "steps": steps,
        "knee": knee(course.steps, asked.limits) if asked.stress else None,
        "notes": _notes(asked, course),
    }


def knee(steps: Sequence[Step], limits: Limits) -> Plain:
    """Return the last good step and the first bad one, by their places, and where throughput was highest."""
    verdicts = [judge(step, limits) for step in steps]
    bad = next((place for place, (verdict, _) in enumerate(verdicts) if verdict == "bad"), None)
    good = [place for place, (verdict, _) in enumerate(verdicts) if verdict == "good" and (bad is None or place < bad)]
    best = max(range(len(steps)), key=lambda place: steps[place].served_per_second, default=None)
    enough = next((place for place, step in enumerate(steps) if best is not None and _as_much(step, steps[best])), None)
    return {
        "last_good": good[-1] if good else None,
        "first_bad": bad,
        "why": verdicts[bad][1] if bad is not None else None,
        "most_throughput": best,
        "enough_users": enough,
    }


def _as_much(step: Step, best: Step) -> bool:
    return step.served_per_second * _FLAT >= best.served_per_second


def _step(step: Step, limits: Limits) -> Plain:
    verdict, why = judge(step, limits)
    return {
        "users": step.users,
        "start": _time(step.start),
        "seconds": round(step.seconds, 3),
        **_seen(step.seen, step.seconds),
        "served_per_second": round(step.served_per_second, 3),
        "verdict": verdict,
        "why": why or None,
        "late_turns": step.late,
        "load_generator_cores": round(step.driver_cores, 3),
        "slices": [_slice(step, place, tally) for place, tally in enumerate(step.slices)],
        "by_request": {name: _seen(seen, step.seconds) for name, seen in sorted(step.tally.items())},
        "service": _service(step.service),
    }


def _slice(step: Step, place: int, tally: Tally) -> Plain:
    length, seen = step.seconds / len(step.slices), total(tally)
    return {
        "at": round(step.start + (place + 1) * length, 3),
        "per_second": round(seen.requests / length, 3),
        "p95_seconds": _rounded(seen.quantile(0.95)),
        "error_ratio": round(seen.error_ratio, 6),
    }


def _seen(seen: Seen, seconds: float) -> Plain:
    return {
        "requests": seen.requests,
        "per_second": round(seen.requests / seconds, 3),
        "p50_seconds": _rounded(seen.quantile(0.5)),
        "p95_seconds": _rounded(seen.quantile(0.95)),
        "p99_seconds": _rounded(seen.quantile(0.99)),
        "failed": seen.failed,
        "error_ratio": round(seen.error_ratio, 6),
        "errors": dict(sorted(seen.errors.items(), key=lambda pair: (-pair[1], pair[0]))),
    }


def _service(service: Service | None) -> Plain | None:
    if service is None:
        return None
    kinds = service.seconds_by_kind
    whole = sum(kinds.values())
    return {
        "cpu_ratio": _rounded(service.cpu_ratio),
        "memory_ratio": _rounded(service.memory_ratio),
        "time_ratio_by_kind": {kind: _rounded(seconds / whole) for kind, seconds in kinds.items()},
        "processes": [asdict(process) for process in service.processes],
        "operations": [_calls(one) for one in service.operations],
    }


def _calls(calls: Calls) -> Plain:
    return {
        **calls.labels,
        "calls": calls.calls,
        "errors": calls.errors,
        "seconds": _rounded(calls.seconds),
        "p50_seconds": _rounded(calls.quantile(0.5)),
        "p95_seconds": _rounded(calls.quantile(0.95)),
        "p99_seconds": _rounded(calls.quantile(0.99)),
    }


def _notes(asked: Asked, course: Course) -> Sequence[str]:
    busiest = max((step.driver_cores for step in course.steps), default=0.0)
    silent = bool(course.steps) and not any(step.tally for step in course.steps)
    notes = {
        "interrupted: these are the figures so far": course.interrupted,
        f"the test ended early: {course.broken}": bool(course.broken),
        "nothing was measured: it ended before all users were at work": not course.steps,
        "no request ended in that time": silent,
        f"exceptions that the users' own code raised, of which the first was shown: {course.raised}": course.raised > 0,
        f"the service's own metrics could not be read: {course.trouble}": bool(course.trouble),
        f"the load generator itself used {busiest:.0%} of a core: it may be the limit, not the service;"
        " run it on another machine, or with fewer users": busiest > _BUSY_DRIVER,
    }
    left = f"requests that had not ended when the test was over, in no figure: {course.unfinished}"
    told = [note for note, holds in notes.items() if holds] + list(_missed(asked.plan, course))
    return [*told, left] if course.unfinished and not course.interrupted else told


def _missed(plan: Plan, course: Course) -> Sequence[str]:
    late = sum(step.late for step in course.steps)
    if plan.rate is None or not late:
        return []
    turns = plan.rate * sum(step.seconds for step in course.steps)
    if late < 0.01 * turns:
        return []
    return [
        f"{late / turns:.0%} of the {plan.rate:g} requests/s found no free user and were not sent:"
        " more --users reach the rate, unless it is more than the service can take"
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
