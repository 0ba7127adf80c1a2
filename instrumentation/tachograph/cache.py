"""In-process caches: hits and misses per name and level, counted without a span."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, TypeVar, cast

from . import names
from .model import Labels, Metric, Observation
from .telemetry.hub import HUB

Cache = TypeVar("Cache")

REQUESTS = Metric(names.CACHE_REQUESTS, "counter", "{request}", "Requests to a cache, by result.")
ENTRIES = Metric(names.CACHE_ENTRIES, "updown", "{entry}", "Entries in a cache.")
MAX_ENTRIES = Metric(names.CACHE_MAX_ENTRIES, "updown", "{entry}", "Entries that a cache has room for.")
HIT = (names.CACHE_REQUEST_RESULT, "hit")
MISS = (names.CACHE_REQUEST_RESULT, "miss")


def cache(name: str, *, level: str = "L1") -> Callable[[Cache], Cache]:
    """Count the hits and misses of a cache: put it around an lru_cache function or around a mapping."""
    labels: Labels = ((names.CACHE_NAME, name), (names.CACHE_LEVEL, level))

    def counted(cached: Cache) -> Cache:
        if hasattr(cached, "cache_info"):
            _watch_function(cached, labels)
            return cached
        if isinstance(cached, MutableMapping):
            from .counted import CountedMapping  # noqa: PLC0415 - only a mapping needs a proxy, and wrapt for it

            return cast("Cache", CountedMapping(cached, labels))
        raise TypeError(f"{type(cached).__name__} is no lru_cache function and no mapping")

    return counted


def _watch_function(function: Any, labels: Labels) -> None:
    def requests() -> Iterator[Observation]:
        info = function.cache_info()
        yield (*labels, HIT), info.hits
        yield (*labels, MISS), info.misses

    def max_entries() -> Iterator[Observation]:
        if (maximum := function.cache_info().maxsize) is not None:
            yield labels, maximum

    HUB.registry.observe(REQUESTS, requests)
    HUB.registry.observe(ENTRIES, lambda: ((labels, function.cache_info().currsize),))
    HUB.registry.observe(MAX_ENTRIES, max_entries)
