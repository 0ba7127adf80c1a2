"""How the indicators moved since the period before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..live.indicators import Target
from .facts import Facts

Direction = Literal["better", "worse", "same"]
# Less than this is no change: two quiet days differ as much.
NOTICED = 0.05


@dataclass(frozen=True, slots=True)
class Trend:
    """An indicator's value before and now; `change` is in proportion to before, None where that was 0."""

    target: Target
    before: float
    now: float
    change: float | None
    direction: Direction


def trends(facts: Facts) -> Iterator[Trend]:
    """Yield the indicators that were measured in both periods."""
    for target in facts.targets:
        now, before = facts.now.figures[target.name], facts.before.figures[target.name] if facts.before else None
        if now is not None and before is not None:
            change = (now - before) / before if before else None
            yield Trend(target, before, now, change, _direction(target, before, now))


def _direction(target: Target, before: float, now: float) -> Direction:
    if target.name == "throughput" or abs(now - before) < NOTICED * max(abs(before), abs(now)) or now == before:
        return "same"
    return "better" if (now > before) == target.more_is_better else "worse"
