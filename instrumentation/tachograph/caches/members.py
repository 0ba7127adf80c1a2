"""The caches that are counted together at one level: what they hold, as long as they live."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from weakref import ref

from ..model import Labels, Observation
from ..telemetry.hub import HUB
from . import metrics


class Members:
    """The caches of a level, none of which is kept alive."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        # By id: mappings have no hash.
        self._caches: dict[int, tuple[ref[Any], Callable[[Any], int]]] = {}
        self._observed = False

    def add(self, cached: Any, size: Callable[[Any], int] = len) -> None:
        """Count a cache's entries from now on, and its room where it has a `maxsize`."""
        caches, key = self._caches, id(cached)
        caches[key] = (ref(cached, lambda _gone: caches.pop(key, None)), size)
        if not self._observed:
            self._observed = True
            HUB.registry.observe(metrics.ENTRIES, self._entries)
            HUB.registry.observe(metrics.MAX_ENTRIES, self._room)

    def _entries(self) -> Iterator[Observation]:
        for cached, size in self._alive():
            # A cache on disk may have been closed, and its file be gone.
            with suppress(Exception):
                yield self._labels, size(cached)

    def _room(self) -> Iterator[Observation]:
        for cached, _ in self._alive():
            most = getattr(cached, "maxsize", None)
            if isinstance(most, int | float):
                yield self._labels, most

    def _alive(self) -> Iterator[tuple[Any, Callable[[Any], int]]]:
        for reference, size in list(self._caches.values()):
            cached = reference()
            if cached is not None:
                yield cached, size
