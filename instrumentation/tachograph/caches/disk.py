"""diskcache's caches: look-ups counted and timed, on a class of the object's own."""

from collections.abc import Callable
from time import perf_counter
from typing import Any
from weakref import ref

from ..harmless import harmless
from ..telemetry.hub import HUB
from . import metrics
from .level import HIT, MISS, Level

Function = Callable[..., Any]
_ABSENT = object()


def counted_diskcache(cached: Any, level: Level) -> Any:
    """Return the cache, counted."""
    kind = type(cached)
    methods = {"get": _get(kind, level), "set": _set(kind, level)}
    cached.__class__ = type(kind.__name__, (kind,), {"__module__": kind.__module__, **methods})
    reference, labels = ref(cached), level.labels

    def entries() -> Any:
        found = reference()
        return () if found is None else ((labels, len(found)),)

    HUB.registry.observe(metrics.ENTRIES, entries)
    return cached


def _get(kind: Any, level: Level) -> Function:
    read = kind.get

    def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        # With these a value comes as a tuple; then the default is looked for in it.
        value = read(self, key, _ABSENT, *args, **kwargs)
        first = value[0] if isinstance(value, tuple) and value and value[0] is _ABSENT else value
        if first is not _ABSENT:
            _looked_up(level, key, started, hit=True)
            return value
        _looked_up(level, key, started, hit=False)
        return (default, *value[1:]) if isinstance(value, tuple) else default

    return get


def _set(kind: Any, level: Level) -> Function:
    write = kind.set

    def store(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        result = write(self, key, *args, **kwargs)
        if level.pending:
            level.stored(key)
        return result

    return store


@harmless
def _looked_up(level: Level, key: Any, started: float, *, hit: bool) -> None:
    seconds = perf_counter() - started
    HUB.registry.histogram(metrics.REQUEST_DURATION, (*level.labels, HIT if hit else MISS)).record(seconds)
    if hit:
        level.hit()
        level.hit_again()
    else:
        level.missed(key)
