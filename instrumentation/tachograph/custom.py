"""The application's own metrics: `record` for any named value, `score` for the quality of what was produced."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from opentelemetry import trace

from . import call as calls
from . import given, names
from .model import Metric
from .telemetry.hub import HUB

Kind = Literal["counter", "gauge", "histogram"]
Tag = str | bool | int | float

# From a millisecond to a million: a value that nobody declared may be seconds, bytes or euros.
_BUCKETS = (*(digit * 10.0**power for power in range(-3, 6) for digit in (1, 2.5, 5)), 1e6)
_SCORE_BUCKETS = (*(tenth / 10 for tenth in range(11)), 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_SCORE = Metric(names.SCORE, "histogram", "1", "Quality of what the application produced.", _SCORE_BUCKETS)


@dataclass(frozen=True, slots=True)
class _Declared:
    metric: Metric
    kind: Kind
    series: dict[Any, Any] = field(default_factory=dict)

    def cell(self, tags: dict[str, Tag]) -> Any:
        """Return the series with those tags."""
        key = tuple(tags.items())
        try:
            cell = self.series.get(key)
        except TypeError:  # a tag that cannot be looked up, and goes as text
            return self._find(tags)
        if cell is None:
            if len(self.series) >= _KEPT:
                self.series.clear()
            cell = self.series[key] = self._find(tags)
        return cell

    def _find(self, tags: dict[str, Tag]) -> Any:
        registry, labels = HUB.registry, given.labels(tags)
        if self.kind == "counter":
            return registry.sum(self.metric, labels)
        find = registry.gauge if self.kind == "gauge" else registry.histogram
        return find(self.metric, labels)


_declared: dict[str, _Declared] = {}
_EXACT = 2**53
_KEPT = 2000


def declare(
    name: str, kind: Kind, *, unit: str = "1", description: str = "", buckets: Sequence[float] | None = None
) -> None:
    """Say what a custom metric is, before it is recorded: a counter, a gauge, or a histogram with these bounds.

    What is not declared is a histogram. Declaring a name again as another kind is a ValueError, and so are a name that
    no metric can have and buckets that are none.
    """
    if kind not in ("counter", "gauge", "histogram"):
        raise ValueError(f"{kind!r} is not one of counter, gauge, histogram")
    known = _declared.get(name)
    if known is not None and known.kind != kind:
        raise ValueError(f"{name} is already a {known.kind}")
    if known is None:
        bounds = () if kind != "histogram" else _BUCKETS if buckets is None else given.bounds(buckets)
        told = description or f"{name}, a custom metric."
        _declared[name] = _Declared(Metric(given.metric_name(name), kind, unit, told, bounds), kind)


def record(name: str, value: float, **tags: Tag) -> None:
    """Record a value of a custom metric: added to a counter, set as a gauge, put into a histogram."""
    try:
        if name not in _declared:
            declare(name, "histogram")
        declared = _declared[name]
        _feed(declared, value, tags)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed(f"recording {name}")


def score(name: str, value: float, *, operation: str | None = None, model: str | None = None, **tags: Tag) -> None:
    """Record how good something was: accuracy, relevance, a user's rating.

    It belongs to `operation`, by default the one this is called within, and to `model` where one is given; the span
    that is current gets an event.
    """
    try:
        HUB.revive()
        call = calls.current("operation")
        named = {
            **tags,
            names.SCORE_NAME: name,
            names.OPERATION_NAME: operation or (call.shape.name if call is not None else None),
            names.GEN_AI_REQUEST_MODEL: model,
        }
        HUB.registry.histogram(_SCORE, given.labels(named)).record(_number(value), call)
        trace.get_current_span().add_event(
            names.GEN_AI_EVALUATION, {names.GEN_AI_EVALUATION_NAME: name, names.GEN_AI_EVALUATION_SCORE: float(value)}
        )
    except Exception:  # noqa: BLE001
        HUB.failed(f"the score {name}")


def _feed(declared: _Declared, value: float, tags: dict[str, Tag]) -> None:
    number, cell = _number(value), declared.cell(tags)
    HUB.revive()
    if declared.kind == "counter":
        if number < 0:
            raise ValueError(f"{declared.metric.name} is a counter: {value!r} cannot be added")
        cell.add(number)
    elif declared.kind == "gauge":
        cell.set(number)
    else:
        cell.record(number, calls.current("operation"))


def _number(value: float) -> float:
    """Return a whole number or a float: what else counts as a number, such as a Decimal, does not add up with them."""
    if type(value) is float and math.isfinite(value):
        return value
    number = value if type(value) is int and abs(value) < _EXACT else float(value)
    if isinstance(value, str) or not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number
