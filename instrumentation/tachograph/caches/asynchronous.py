"""aiocache's caches: their methods replaced by ones that count, on a class of the object's own."""

from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any

from .level import Level
from .lookup import looked_up

Function = Callable[..., Any]
_ABSENT = object()


def counted_aiocache(cached: Any, level: Level) -> Any:
    """Return the cache, counted."""
    kind: Any = type(cached)
    cached.__class__ = _counted_type(kind, level)
    if isinstance(getattr(cached, "_cache", None), dict):
        level.members.add(cached, _entries)
    return cached


@cache
def _counted_type(kind: Any, level: Level) -> Any:
    methods = {
        "get": _get(kind, level),
        "multi_get": _multi_get(kind, level),
        "set": _set(kind, level),
        "add": _set(kind, level, "add"),
        "multi_set": _multi_set(kind, level),
    }
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, **methods})


def _entries(cached: Any) -> int:
    return len(cached._cache)  # noqa: SLF001 - aiocache tells it nowhere else


def _get(kind: Any, level: Level) -> Function:
    read = kind.get

    async def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        value = await read(self, key, _ABSENT, *args, **kwargs)
        looked_up(level, key, started, hit=value is not _ABSENT)
        return default if value is _ABSENT else value

    return get


def _multi_get(kind: Any, level: Level) -> Function:
    read = kind.multi_get

    async def multi_get(self: Any, keys: Any, *args: Any, **kwargs: Any) -> Any:
        keys, started = list(keys), perf_counter()
        values = await read(self, keys, *args, **kwargs)
        for key, value in zip(keys, values, strict=False):
            looked_up(level, key, started, hit=value is not None)
        return values

    return multi_get


def _set(kind: Any, level: Level, name: str = "set") -> Function:
    write = getattr(kind, name)

    async def store(self: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        result = await write(self, key, *args, **kwargs)
        level.stored(key)
        return result

    return store


def _multi_set(kind: Any, level: Level) -> Function:
    write = kind.multi_set

    async def multi_set(self: Any, pairs: Any, *args: Any, **kwargs: Any) -> Any:
        pairs = list(pairs)
        result = await write(self, pairs, *args, **kwargs)
        for key, _value in pairs:
            level.stored(key)
        return result

    return multi_set
