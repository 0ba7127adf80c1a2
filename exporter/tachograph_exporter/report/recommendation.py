"""What a recommendation is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .score import Score

Priority = Literal["high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("high", "medium", "low")
# Fewer calls than this say nothing about a model, a cache or an operation.
CALLS_MIN = 20
LISTED = 3


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do; `points` is how much of the score depends on it."""

    priority: Priority
    title: str
    evidence: str
    action: str
    gain: str
    points: float = 0.0


def worth(score: Score, name: str) -> str:
    """Return what meeting an indicator's target would add to the score, empty for next to nothing."""
    return f"up to {score.gain(name):.0f} points of the score" if score.gain(name) >= 0.5 else ""


def joined(*parts: str) -> str:
    """Return parts in one line; empty ones are left out."""
    return "; ".join(part for part in parts if part)


def listed(told: Sequence[str]) -> str:
    """Return the first of several, and how many more there are."""
    more = len(told) - LISTED
    return "; ".join(told[:LISTED]) + (f"; and {more} more" if more > 0 else "")
