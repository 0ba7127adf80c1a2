"""Caches: hits, misses, loads and what hits saved, per name and level, counted without a span."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Cache = TypeVar("Cache")


def cache(name: str, *, level: str = "L1") -> Callable[[Cache], Cache]:
    """Count a cache under a name and level: put it around the function or object that is the cache.

    It takes functions under functools.lru_cache, cachetools.cached, aiocache.cached or async_lru.alru_cache; caches of
    cachetools, aiocache and diskcache; mappings; and clients of redis and pymemcache, whose look-ups are then counted
    under that name; and functions that look something up, such as a row of a table, where None is a miss. Use what is
    returned: a function is a new one, and a dict is copied.
    """

    def counted(cached: Any) -> Any:
        # Not before a cache is there to count: the rest of an application need not load it.
        from .caches.level import level_of  # noqa: PLC0415

        return _counter(cached)(cached, level_of(name, level))

    return counted


def _counter(cached: Any) -> Callable[[Any, Any], Any]:
    from .caches.asynchronous import counted_aiocache  # noqa: PLC0415
    from .caches.clients import named_client  # noqa: PLC0415
    from .caches.disk import counted_diskcache  # noqa: PLC0415
    from .caches.functions import counted_function  # noqa: PLC0415
    from .caches.objects import counted_object  # noqa: PLC0415
    from .caches.tables import counted_lookup  # noqa: PLC0415

    by_library = {
        "aiocache": counted_aiocache,
        "diskcache": counted_diskcache,
        "redis": named_client,
        "pymemcache": named_client,
    }
    if callable(cached) and hasattr(cached, "cache"):

        def counted_inside(function: Any, level: Any) -> Any:
            _counter(function.cache)(function.cache, level)
            return function

        return counted_inside
    for kind in type(cached).__mro__:
        found = by_library.get(kind.__module__.partition(".")[0])
        if found is not None:
            return found
    if hasattr(cached, "cache_info"):
        return counted_function
    if hasattr(cached, "__getitem__") and hasattr(cached, "__setitem__"):
        return counted_object
    if inspect.isroutine(cached) and not inspect.isbuiltin(cached):
        return counted_lookup
    raise TypeError(
        f"{type(cached).__name__} is no cache that can be counted: see the documentation of tachograph.cache"
    )
