"""How series go over the six invented hours: a wave of load, an incident, a deployment, a restart."""

import math
from collections.abc import Callable, Iterator, Sequence

MINUTES = 360
STEP_SECONDS = 60
INCIDENT, DEPLOYMENT, RESTART = range(120, 165), 240, 300
OPERATION_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 100)
LLM_BOUNDS = tuple(0.01 * 2**power for power in range(14))
QUERY_BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
ROW_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
GIGABYTE = 1e9
Labels = dict[str, str]
Course = Callable[[float], float]
Series = tuple[str, Labels, Course]


def load(minute: float) -> float:
    """Return how busy the services are: a wave over the six hours with a ripple."""
    return 1 + 0.4 * math.sin(minute * math.tau / MINUTES) + 0.04 * math.sin(minute / 3)


def slowness(minute: float) -> float:
    """Return how many times slower than usual everything is."""
    return 8.0 if int(minute) in INCIDENT else 0.9 if minute >= DEPLOYMENT else 1.0


def failing(minute: float) -> float:
    """Return the share of calls that fail."""
    return 0.18 if int(minute) in INCIDENT else 0.0004


def counter(per_second: Course, *, restarts: bool = True) -> Course:
    """Return a counter that grows at a rate, from 0 again after the restart."""
    values, total = [0.0], 0.0
    for minute in range(1, MINUTES + 1):
        total = 0.0 if restarts and minute == RESTART else total + per_second(minute) * 60
        values.append(total)

    def between(minute: float) -> float:
        before, after = values[int(minute)], values[math.ceil(minute)]
        return before + (minute % 1) * max(0, after - before)

    return between


def histogram(
    name: str, labels: Labels, bounds: Sequence[float], per_second: Course, median: Course
) -> Iterator[Series]:
    """Yield a histogram's series: durations spread log-normally around a median that moves."""

    def until(bound: float) -> Course:
        return lambda minute: per_second(minute) * _below(bound, median(minute))

    for bound in bounds:
        yield f"{name}_bucket", {**labels, "le": f"{bound:g}"}, counter(until(bound))
    yield f"{name}_bucket", {**labels, "le": "+Inf"}, counter(per_second)
    yield f"{name}_count", labels, counter(per_second)
    yield f"{name}_sum", labels, counter(lambda minute: per_second(minute) * median(minute) * 1.13)


def outcomes(name: str, labels: Labels, bounds: Sequence[float], per_second: float, seconds: float) -> Iterator[Series]:
    """Yield the histograms of what succeeded and of what failed in two ways."""
    yield from histogram(name, labels, bounds, lambda m: per_second * load(m) * (1 - failing(m)), slowed(seconds))
    for error in ("RateLimitError", "TimeoutError"):
        named = {**labels, "error_type": error}
        yield from histogram(name, named, bounds, lambda m: per_second * load(m) * failing(m) / 2, slowed(seconds))


def without(labels: Labels, *names: str) -> Labels:
    """Return labels but for some."""
    return {name: value for name, value in labels.items() if name not in names}


def scaled(per_second: float) -> Course:
    """Return a rate that goes with the load."""
    return lambda minute: per_second * load(minute)


def leveled(level: float) -> Course:
    """Return a level that goes with the load."""
    return lambda minute: level * load(minute)


def slowed(seconds: float) -> Course:
    """Return a duration that the incident makes longer."""
    return lambda minute: seconds * slowness(minute)


def during(minutes: range) -> Course:
    """Return 1 in these minutes, and nothing else."""
    return lambda minute: 1 if int(minute) in minutes else math.nan


def _below(bound: float, median: float) -> float:
    return 0.5 * (1 + math.erf(math.log(bound / median) / (0.5 * math.sqrt(2))))
