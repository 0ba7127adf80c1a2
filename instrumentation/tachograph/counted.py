"""A mapping whose look-ups are counted."""

from collections.abc import MutableMapping
from typing import Any

from .cache import ENTRIES, HIT, MISS, REQUESTS
from .model import Labels
from .proxy import Proxy
from .telemetry.hub import HUB


class CountedMapping(Proxy):
    """A mapping whose look-ups are counted."""

    def __init__(self, mapping: MutableMapping[Any, Any], labels: Labels) -> None:
        super().__init__(mapping)
        self._self_hits = HUB.registry.tally(REQUESTS, (*labels, HIT))
        self._self_misses = HUB.registry.tally(REQUESTS, (*labels, MISS))
        HUB.registry.observe(ENTRIES, lambda: ((labels, len(mapping)),))

    def __getitem__(self, key: Any) -> Any:
        try:
            value = self.__wrapped__[key]
        except KeyError:
            self._self_misses.count()
            raise
        self._self_hits.count()
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, or `default`."""
        try:
            return self[key]
        except KeyError:
            return default
