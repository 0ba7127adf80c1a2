"""Loads of caches: from a miss until its value arrives, with what was spent on models meanwhile.

A context has a chain of loads, the innermost first: one that a look-up began lasts until its value is set, and one that
never is stays behind, without effect, until others have taken its place.
"""

from contextvars import ContextVar, Token
from time import perf_counter_ns

_DEPTH_LIMIT = 8
_current: ContextVar["Load | None"] = ContextVar("tachograph_load", default=None)


class Load:
    """One load; `source` is the level of the same cache that the value was found in, None where it was made."""

    __slots__ = ("done", "level", "name", "outer", "source", "started_ns", "usd")

    def __init__(self, name: str, level: str) -> None:
        self.name = name
        self.level = level
        self.outer: Load | None = _under_way()
        self.source: str | None = None
        self.usd = 0.0
        self.done: bool = False
        self.started_ns = perf_counter_ns()

    def begin(self) -> "Token[Load | None]":
        """Become what this context loads; `end` takes what this returns, where the load has a scope."""
        return _current.set(self)


def _under_way() -> Load | None:
    """Return the innermost load that goes on; of those around it the oldest are forgotten."""
    innermost: Load | None = _current.get()
    while innermost is not None and innermost.done:
        innermost = innermost.outer
    load, depth = innermost, 1
    while load is not None:
        while load.outer is not None and load.outer.done:
            load.outer = load.outer.outer
        depth += 1
        if depth > _DEPTH_LIMIT:
            load.outer = None
        load = load.outer
    return innermost


def end(token: "Token[Load | None]") -> None:
    """Load what was being loaded before."""
    _current.reset(token)


def found(name: str, level: str) -> None:
    """Tell the loads under way of another level of this cache that the value was found here."""
    load = _current.get()
    while load is not None:
        if not load.done and load.source is None and load.name == name and load.level != level:
            load.source = level
        load = load.outer


def spent(usd: float) -> None:
    """Tell the loads under way what a call of a model cost."""
    load = _current.get()
    while load is not None:
        if not load.done:
            load.usd += usd
        load = load.outer
