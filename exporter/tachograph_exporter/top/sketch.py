"""Lines and bars made of characters."""

from collections.abc import Sequence
from itertools import pairwise

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_NEVER = " "


def spark(values: Sequence[float | None], width: int, top: float | None = None) -> str:
    """Return a line of so many columns, the last values at its right end; where nothing was measured it is empty."""
    drawn = _gathered(values, width)
    known = [value for value in drawn if value is not None]
    most = top or max(known, default=0.0)
    return "".join([_NEVER if value is None else _level(value, most) for value in drawn]).rjust(width)


def bar(share: float | None, width: int) -> str:
    """Return a bar that fills its share of so many columns."""
    eighths = round(min(max(share or 0.0, 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    return (_EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else "")).ljust(width, "·")


def _level(value: float, most: float) -> str:
    if most <= 0:
        return _LEVELS[0]
    return _LEVELS[min(int(value / most * len(_LEVELS)), len(_LEVELS) - 1)]


def _gathered(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return at most `width` values: where there are more, the greatest of each stretch, so that no peak is lost."""
    if len(values) <= width:
        return list(values)
    edges = [round(place * len(values) / width) for place in range(width + 1)]
    stretches = [values[start:end] for start, end in pairwise(edges)]
    return [max((value for value in stretch if value is not None), default=None) for stretch in stretches]
