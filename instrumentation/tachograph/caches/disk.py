"""diskcache's caches: look-ups counted and timed, on a class of the object's own."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from .level import CAPACITY, TOO_OLD, Level
from .lookup import looked_up
from .objects import counted_object

Function = Callable[..., Any]
_ABSENT = object()


def counted_diskcache(cached: Any, level: Level) -> Any:
    """Return the cache, counted."""
    kind = type(cached)
    if not hasattr(kind, "set"):
        # diskcache's Index is a mapping.
        return counted_object(cached, level)
    methods = {"get": _get(kind, level), "set": _set(kind, level)}
    shards = getattr(cached, "_shards", None)
    if shards is None:
        methods |= _evicting(kind, level)
    # A FanoutCache's shards are caches themselves, and it is they that make room.
    for shard in shards or ():
        shard.__class__ = type(type(shard).__name__, (type(shard),), _evicting(type(shard), level))
    cached.__class__ = type(kind.__name__, (kind,), {"__module__": kind.__module__, **methods})
    level.members.add(cached)
    return cached


def _get(kind: Any, level: Level) -> Function:
    read = kind.get

    def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        # With these a value comes as a tuple; then the default is looked for in it.
        value = read(self, key, _ABSENT, *args, **kwargs)
        first = value[0] if isinstance(value, tuple) and value and value[0] is _ABSENT else value
        if first is not _ABSENT:
            looked_up(level, key, started, hit=True)
            return value
        looked_up(level, key, started, hit=False)
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


def _evicting(kind: Any, level: Level) -> dict[str, Function]:
    """Return the methods that make entries go: when another is stored, and when the application says so."""
    make_room, cull_entries, expire_entries = kind._cull, kind.cull, kind.expire  # noqa: SLF001

    def room(self: Any, now: float, sql: Any, cleanup: Any, *args: Any, **kwargs: Any) -> Any:
        deleting = [CAPACITY]

        def counting_sql(statement: str, *parameters: Any) -> Any:
            if statement.startswith("DELETE"):
                deleting[0] = TOO_OLD if "expire_time" in statement else CAPACITY
            return sql(statement, *parameters)

        def counting_cleanup(filename: Any) -> Any:
            level.evicted(1, deleting[0])
            return cleanup(filename)

        return make_room(self, now, counting_sql, counting_cleanup, *args, **kwargs)

    def expire(self: Any, *args: Any, **kwargs: Any) -> Any:
        expired = expire_entries(self, *args, **kwargs)
        level.evicted(expired, TOO_OLD)
        return expired

    def cull(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.eviction_policy == "none":
            return cull_entries(self, *args, **kwargs)
        expired = self.expire()
        culled = cull_entries(self, *args, **kwargs)
        level.evicted(culled, CAPACITY)
        return expired + culled

    return {"_cull": room, "expire": expire, "cull": cull}
