"""What a trend says of the end: when, not in sight, or nothing."""

import math
from dataclasses import dataclass
from typing import Literal

from ..past.series import Series
from ..past.source import Source, nothing_found
from ..past.window import Window, told
from .resources import RESOURCES, Resource
from .trend import POINTS_MIN, Trend, trend

Outcome = Literal["ends", "at its end", "not in sight", "shrinks", "no trend", "too little data"]
REACH = 5  # a trend is believed for so many times the past that it was seen in
_DAY = 86400.0
_DEVIATIONS = 1.96
_NEXT_TO = 0.9995
_ALMOST = 0.95  # the first and the last point lie within the window


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a resource ends, in seconds since 1970, with the earliest and the latest; None is unknown or never."""

    resource: Resource
    name: str
    outcome: Outcome
    level: float | None
    per_day: float | None
    at: float | None = None
    earliest: float | None = None
    latest: float | None = None
    why: str = ""


def forecasts(source: Source, window: Window) -> list[Forecast]:
    """Return a forecast for all that a source knows, the first to end first; raise PastError, NothingFound for none."""
    found = [
        forecast(resource, series)
        for resource in RESOURCES
        for series in source.series(resource.measure, window)
        if series.times
    ]
    if not found:
        raise nothing_found(source, window)
    return sorted(found, key=_order)


def forecast(resource: Resource, series: Series) -> Forecast:
    """Return what the series of one resource says."""
    name = " ".join(value for value in series.labels.values() if value)
    now, span = series.times[-1], series.times[-1] - series.times[0]
    known, last = trend(series.times, series.values), _last(resource, series)
    if last >= _NEXT_TO:
        return Forecast(resource, name, "at its end", last, known.slope * _DAY if known else None)
    if known is None or span < _ALMOST * resource.least_seconds:
        why = f"needs {told(resource.least_seconds)}, has {told(span)}"
        if span >= resource.least_seconds:
            why = f"needs {POINTS_MIN} points, has {len(series.times)}"
        return Forecast(resource, name, "too little data", last, None, why=why)
    rhythm = "shorter than a day: a daily rhythm would look the same" if resource.daily and span < 0.99 * _DAY else ""
    level, per_day = last, known.slope * _DAY
    if not known.grows:
        outcome: Outcome = "shrinks" if known.shrinks else "no trend"
        return Forecast(resource, name, outcome, level, per_day, why=rhythm if known.shrinks else "")
    at, earliest, latest = _end(known, now)
    horizon = now + REACH * span
    if earliest > horizon:
        why = f"not within {told(REACH * span)}; a longer past sees farther (--since)"
        return Forecast(resource, name, "not in sight", level, per_day, why=why)
    late = None if math.isinf(latest) or latest > horizon else latest
    return Forecast(resource, name, "ends", level, per_day, at if at <= horizon else None, earliest, late, rhythm)


def _last(resource: Resource, series: Series) -> float:
    return sum(series.values) / len(series.values) if resource.paced else series.values[-1]


def _end(known: Trend, now: float) -> tuple[float, float, float]:
    """Return when the line reaches 1, and the interval by the slope's limits and the points' straying."""
    left, reach = 1 - known.level, _DEVIATIONS * known.stray
    return (
        now + max(0.0, left) / known.slope,
        now + max(0.0, left - reach) / known.slope_high,
        now + max(0.0, left + reach) / known.slope_low,
    )


def _order(one: Forecast) -> tuple[int, float, float]:
    rank = {"at its end": 0, "ends": 1}.get(one.outcome, 2)
    return rank, one.at or one.earliest or math.inf, -(one.level or 0.0)
