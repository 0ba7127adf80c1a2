"""A stretch of time that is asked about."""

import re
from dataclasses import dataclass
from datetime import datetime

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}
_DURATION = re.compile(r"(?:\d+(?:[.]\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:[.]\d+)?)([smhdw])")


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, in seconds since 1970."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start

    @property
    def before(self) -> "Window":
        """The window of the same length that ends where this one begins."""
        return Window(self.start - self.seconds, self.start)

    def pieces(self, seconds: float) -> "list[Window]":
        """Return it in stretches of at most so many seconds, the oldest first; a moment is one."""
        found: list[Window] = []
        start = self.start
        while start < self.end or (start == self.end and not found):
            end = min(start + seconds, self.end)
            found.append(Window(start, end))
            start = end
        return found


def window(now: float, *, since: str | None = None, start: str | None = None, end: str | None = None) -> Window:
    """Return the window that was asked for: the last `since`, or from `start` to `end`; raise ValueError."""
    if start is None and end is None:
        length = duration(since or "24h")
        if length > now:
            raise ValueError(f"{since} ago there were no clocks to measure by: 30m, 24h, 7d")
        return Window(now - length, now)
    if since is not None:
        raise ValueError("--since and --start with --end are two ways to say it: give one of them")
    if start is None or end is None:
        missing, given = ("--end", "--start") if end is None else ("--start", "--end")
        raise ValueError(f"{given} needs {missing}: both ends of the range, or --since 24h")
    found = Window(moment(start, now), moment(end, now))
    if found.seconds <= 0:
        raise ValueError(f"the range ends ({end}) before it begins ({start}): exchange --start and --end")
    return found


def duration(text: str) -> float:
    """Return a duration such as 90s, 30m, 24h, 7d or 1h30m in seconds; raise ValueError."""
    if not _DURATION.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a duration such as 30m, 24h, 7d or 1h30m")
    found = sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    if not found:
        raise ValueError(f"{text!r} lasts no time")
    return found


def moment(text: str, now: float) -> float:
    """Return a time such as `2026-11-20`, `2026-11-20 18:00`, `2026-11-20T18:00Z`, 1764000000 or `now`.

    Without a zone it is local time; raise ValueError.
    """
    text = text.strip()
    if text == "now":
        return now
    if re.fullmatch(r"\d{9,11}(?:[.]\d+)?", text):
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time such as 2026-11-20, 2026-11-20T18:00 or now") from None


def told(seconds: float) -> str:
    """Return a length of time in words' place: 45 s, 15 min, 6 h, 7 d."""
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{float(f'{seconds / length:.3g}'):g} {unit}"
    return f"{seconds:.0f} s"


def clock(time: float) -> str:
    """Return a time as this machine's clock shows it."""
    return datetime.fromtimestamp(time).astimezone().strftime("%Y-%m-%d %H:%M")
