"""Plots as inline SVG: no script, colours from the page's style."""

from collections.abc import Iterator
from datetime import datetime
from html import escape
from itertools import pairwise
from math import floor, inf, log10, pi
from statistics import median

from .document import Curve, Plot, Verdict
from .figure import axis, shown
from .statistics import spread
from .table import plain

_WIDTH, _HEIGHT = 480, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 10, 8, 22
_GAP = 2.5
_TICKS = 4
_HEADROOM = 1.05
_RADIUS = 54
# How a moment is written, by the longest period it serves.
_CLOCKS = ((600.0, "%H:%M:%S"), (2 * 86400.0, "%H:%M"), (inf, "%d %b"))


def plot(one: Plot) -> str:
    """Return a plot with its caption and, where there are several curves, their names."""
    most = _ceiling(max([_HEADROOM * max(curve.values) for curve in one.curves] + [_target_seen(one)]), one.unit)
    scale = _Scale(one.start, one.end, most)
    parts = [*_grid(one, scale), *_marks(one, scale), *_target(one, scale)]
    parts += [line for place, curve in enumerate(one.curves, 1) for line in _curve(curve, scale, place)]
    return (
        f"<figure><figcaption>{escape(plain(one.title))}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(_told(one))}">{"".join(parts)}</svg>'
        f"{_legend(one)}</figure>"
    )


def dial(verdict: Verdict) -> str:
    """Return the score as a ring."""
    around = 2 * pi * _RADIUS
    value = verdict.value or 0.0
    number = "-" if verdict.value is None else f"{verdict.value:.0f}"
    return (
        f'<svg viewBox="0 0 132 132" role="img" aria-label="{number} of 100" class="{verdict.state}">'
        f'<circle cx="66" cy="66" r="{_RADIUS}" fill="none" stroke-width="12" class="track"/>'
        f'<circle cx="66" cy="66" r="{_RADIUS}" fill="none" stroke-width="12" stroke="currentColor"'
        f' stroke-linecap="round" stroke-dasharray="{around * value / 100:.1f} {around:.1f}"'
        ' transform="rotate(-90 66 66)"/>'
        f'<text x="66" y="72" text-anchor="middle" class="number">{number}</text>'
        '<text x="66" y="91" text-anchor="middle" class="of">of 100</text></svg>'
    )


class _Scale:
    def __init__(self, start: float, end: float, most: float) -> None:
        self.start, self.end, self.most = start, end, most

    def x(self, at: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (at - self.start) / (self.end - self.start)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / self.most


def _ceiling(value: float, unit: str) -> float:
    """Return the end of an axis: 1, 2, 2.5 or 5 times a power of ten that is no less."""
    if value <= 0:
        return 1.0
    if unit == "ratio" and value > 0.5:
        return 1.0
    power: float = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def _target_seen(one: Plot) -> float:
    """Return the target where it is near enough to what was measured to be drawn, else 0."""
    most = max(max(curve.values) for curve in one.curves)
    return one.target if one.target is not None and (one.target <= 4 * most or not most) else 0.0


def _grid(one: Plot, scale: _Scale) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        y = scale.y(share * scale.most)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
        label = escape(axis(share * scale.most, one.unit))
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" class="axis">{label}</text>'
    form = next(form for longest, form in _CLOCKS if one.end - one.start <= longest)
    for tick in range(_TICKS + 1):
        at = one.start + (one.end - one.start) * tick / _TICKS
        anchor = "start" if tick == 0 else "end" if tick == _TICKS else "middle"
        label = datetime.fromtimestamp(at).astimezone().strftime(form)
        yield f'<text x="{scale.x(at):.1f}" y="{_HEIGHT - 5}" text-anchor="{anchor}" class="axis">{label}</text>'


def _marks(one: Plot, scale: _Scale) -> Iterator[str]:
    for start, end in one.marks:
        left, right = scale.x(start), scale.x(end)
        height = _HEIGHT - _TOP - _BOTTOM
        yield f'<rect x="{left:.1f}" y="{_TOP}" width="{max(1.0, right - left):.1f}" height="{height}" class="mark"/>'


def _target(one: Plot, scale: _Scale) -> Iterator[str]:
    if _target_seen(one):
        y = scale.y(_target_seen(one))
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="target"/>'


def _curve(curve: Curve, scale: _Scale, place: int) -> Iterator[str]:
    steps = [after - before for before, after in pairwise(curve.times)]
    gap = _GAP * median(steps) if steps else 0.0
    points = ""
    for number, (at, value) in enumerate(zip(curve.times, curve.values, strict=True)):
        broken = number == 0 or at - curve.times[number - 1] > gap
        points += f"{'M' if broken else 'L'}{scale.x(at):.1f} {scale.y(value):.1f}"
    yield f'<path d="{points}" class="curve k{place}"/>'


def _legend(one: Plot) -> str:
    names = [(f"k{place}", curve.name) for place, curve in enumerate(one.curves, 1) if len(one.curves) > 1]
    keys = [
        f'<span><svg viewBox="0 0 16 8" aria-hidden="true"><path d="M0 4H16" class="curve {key}"/></svg>'
        f"{escape(plain(name))}</span>"
        for key, name in names
    ]
    if _target_seen(one):
        keys.append(
            '<span><svg viewBox="0 0 16 8" aria-hidden="true"><path d="M0 4H16" class="target"/></svg>'
            f"target {escape(shown(one.target, one.unit))}</span>"
        )
    if one.marks:
        keys.append(
            '<span><svg viewBox="0 0 16 8" aria-hidden="true"><rect width="16" height="8" class="mark"/></svg>'
            "critical alert</span>"
        )
    return f'<div class="legend">{"".join(keys)}</div>' if keys else ""


def _told(one: Plot) -> str:
    """Return what the plot shows in words, for who does not see it."""
    curves = []
    for curve in one.curves:
        found = spread(curve.values)
        least, average, most = (shown(value, one.unit) for value in (found.minimum, found.average, found.maximum))
        curves.append(plain(f"{curve.name}: {least} to {most}, {average} on average".removeprefix(": ")))
    return f"{plain(one.title)}. {'; '.join(curves)}"
