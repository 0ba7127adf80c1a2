"""Forecasts as text, as Markdown and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..past.window import Window, clock, told
from ..tabular import markdown_table, marked, shown, text_table
from ..top.figures import NONE, digits, ratio
from .forecast import Forecast

_HEADS = ("what", "now", "a day", "ends", "in")
_MEANS = {
    "shrinks": "grows less",
    "no trend": "no trend",
    "not in sight": "not in sight",
    "too little data": "too little data",
}
_COSTS = "a day costs the whole budget"


@dataclass(frozen=True, slots=True)
class Answer:
    """All that was found, and what nothing is known of."""

    place: str
    window: Window
    forecasts: Sequence[Forecast]
    unknown: Sequence[str]


def text(answer: Answer, *, width: int | None) -> str:
    """Return the answer as text; names are cut to a width, if there is one."""
    lines = [_heading(answer), ""]
    if answer.forecasts:
        lines += [
            *text_table(_HEADS, [_cells(one, answer.window.end) for one in answer.forecasts], width=width, indent=""),
            "",
        ]
    return "\n".join(map(shown, [*lines, *_notes(answer)]))


def markdown(answer: Answer) -> str:
    """Return the answer as Markdown."""
    lines = ["## Capacity", "", marked(_heading(answer)), ""]
    if answer.forecasts:
        lines += [*markdown_table(_HEADS, [_cells(one, answer.window.end) for one in answer.forecasts]), ""]
    return "\n".join([*lines, *(f"* {marked(note)}" for note in _notes(answer))])


def as_json(answer: Answer) -> str:
    """Return the answer as JSON; times are seconds since 1970."""
    document = {
        "source": answer.place,
        "start": round(answer.window.start, 3),
        "end": round(answer.window.end, 3),
        "forecasts": [_plain(one) for one in answer.forecasts],
        "unknown": list(answer.unknown),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _heading(answer: Answer) -> str:
    window = answer.window
    return f"By the trend of {told(window.seconds)} to {clock(window.end)}, as {answer.place} knows them"


def _cells(one: Forecast, now: float) -> tuple[str, ...]:
    name = f"{one.resource.measure.title} {one.name}".rstrip()
    per_day = NONE if one.per_day is None else f"{'+' if one.per_day >= 0 else ''}{digits(one.per_day * 100, 2)} pt"
    return (name, ratio(one.level), per_day, _ends(one), _between(one, now))


def _ends(one: Forecast) -> str:
    if one.outcome == "at its end":
        return "now"
    if one.outcome == "ends":
        return clock(one.at) if one.at is not None else "in the end"
    return _MEANS[one.outcome]


def _between(one: Forecast, now: float) -> str:
    if one.outcome != "ends" or one.earliest is None:
        return NONE
    late = told(max(0.0, one.latest - now)) if one.latest is not None else "unknown"
    return f"{told(max(0.0, one.earliest - now))} … {late}"


def _notes(answer: Answer) -> list[str]:
    names: dict[str, list[str]] = {}
    for one in answer.forecasts:
        if why := _why(one):
            names.setdefault(why, []).append(f"{one.resource.measure.title} {one.name}".rstrip())
    notes = [f"{', '.join(named)}: {why}" for why, named in names.items()]
    if answer.unknown:
        notes.append(f"nothing is known of: {', '.join(answer.unknown)}")
    return notes


def _why(one: Forecast) -> str:
    if one.resource.end == _COSTS and one.level is not None and one.level > 1:
        return f"at this pace the budget of a day is spent after {told(86400 / one.level)}"
    return one.why


def _plain(one: Forecast) -> dict[str, object]:
    times = {"at": one.at, "earliest": one.earliest, "latest": one.latest}
    return {
        "resource": one.resource.measure.name,
        "name": one.name,
        "outcome": one.outcome,
        "level_ratio": _rounded(one.level),
        "ratio_per_day": _rounded(one.per_day),
        **{name: None if at is None else round(at) for name, at in times.items()},
        "why": _why(one) or None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
