"""Functions that tell what they have cached: hits cost nothing more; under functools.lru_cache loads are timed too."""

import functools
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

from .. import loads
from ..harmless import harmless
from ..loads import Load
from ..model import Observation
from ..telemetry.hub import HUB
from . import metrics
from .level import CAPACITY, HIT, MISS, Level

Function = Callable[..., Any]


def counted_function(function: Any, level: Level) -> Any:
    """Return the function, counted; where nothing is cached yet, one like it whose loads are timed too."""
    info, timed = function.cache_info(), None
    # Others have parameters that are not told: which of their entries grow too old, and when.
    if isinstance(function, functools._lru_cache_wrapper) and not info.currsize and not info.misses:  # noqa: SLF001
        inner = function.__wrapped__
        timed = _Timed(inner, level)
        function = functools.update_wrapper(functools.lru_cache(**function.cache_parameters())(timed.load), inner)
    _Counts(function, level, timed).observe()
    return function


class _Timed:
    """The function behind the cache: what it takes is a load."""

    def __init__(self, inner: Function, level: Level) -> None:
        self.fills = 0
        self._level = level
        self._inner = inner

    def load(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        begun, token = self._begin()
        try:
            result = self._inner(*args, **kwargs)
        finally:
            loads.end(token)
        self._ended(begun)
        return result

    def _begin(self) -> tuple[Load, Any]:
        load = Load(self._level.name, self._level.level)
        return load, load.begin()

    @harmless
    def _ended(self, load: Load) -> None:
        self.fills += 1
        self._level.loaded(load)


class _Counts:
    """What `cache_info` counts, kept when `cache_clear` begins it anew; the function is not kept alive."""

    def __init__(self, function: Any, level: Level, timed: _Timed | None) -> None:
        self._function = ref(function)
        self._last = function.cache_info()
        own = function.cache_clear
        self._clear: Function = getattr(type(function), "cache_clear", None) or (lambda _function: own())
        self._level = level
        self._timed = timed
        self._hits = 0
        self._misses = 0
        self._cleared = 0
        self._evicted = self._unstored = 0
        function.cache_clear = self.clear

    def clear(self) -> None:
        """Clear the cache."""
        self._take_stock()
        info = self._info()
        self._clear(self._function())
        self._hits += info.hits
        self._misses += info.misses
        self._cleared += info.currsize

    def observe(self) -> None:
        """Have the registry ask."""
        labels, observe = self._level.labels, HUB.registry.observe
        self._level.counted_elsewhere.append(self._total_hits)
        observe(metrics.REQUESTS, self._requests)
        observe(metrics.ENTRIES, lambda: ((labels, self._info().currsize),) if self._function() is not None else ())
        observe(metrics.MAX_ENTRIES, self._room)
        if self._timed is not None:
            observe(metrics.EVICTIONS, self._evictions)

    def _info(self) -> Any:
        function = self._function()
        if function is not None:
            self._last = function.cache_info()
        return self._last

    def _total_hits(self) -> float:
        return float(self._hits + self._info().hits)

    def _requests(self) -> Iterator[Observation]:
        info = self._info()
        yield (*self._level.labels, HIT), self._hits + info.hits
        yield (*self._level.labels, MISS), self._misses + info.misses

    def _room(self) -> Iterator[Observation]:
        room = self._info().maxsize
        if room is not None and self._function() is not None:
            yield self._level.labels, room

    def _evictions(self) -> Iterator[Observation]:
        self._take_stock()
        if self._evicted:
            yield (*self._level.labels, CAPACITY), self._evicted

    def _take_stock(self) -> None:
        info = self._info()
        if self._timed is None or not info.maxsize or self._function() is None:
            return
        gone = self._timed.fills - info.currsize - self._cleared - self._evicted
        if info.currsize < info.maxsize:
            self._unstored = gone  # of one key at once, or about to be stored: a cache with room evicts nothing
        else:
            self._evicted += max(0, gone - self._unstored)
