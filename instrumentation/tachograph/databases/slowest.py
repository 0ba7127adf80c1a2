"""The slowest statements: who has series of their own, now and over the life of a process.

A hundred are followed at a time. When they are full, one that comes to more slow time than the least of them takes its
place; the sums of those who wait for one are kept, as far as they go.
"""

from ..model import Labels
from ..telemetry.hub import HUB

FOLLOWED_LIMIT = 100
_EVER_LIMIT = 250
_WAITING_LIMIT = 200


class Place:
    """What one statement's slow runs have come to, in seconds, and whether it is followed."""

    __slots__ = ("followed", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.followed = False


class Slowest:
    """The places of statements, by their labels, as long as the series that they have go on."""

    def __init__(self) -> None:
        self._started_ns = 0
        self._begin()

    def _begin(self) -> None:
        self._followed: dict[Labels, Place] = {}
        self._waiting: dict[Labels, Place] = {}
        self._ever: set[Labels] = set()

    def place(self, labels: Labels, seconds: float) -> Place:
        """Return the place of a statement that was slow for so long."""
        if self._started_ns != HUB.registry.started_ns:
            # All series began anew: in a forked child, or after a shutdown.
            self._started_ns = HUB.registry.started_ns
            self._begin()
        place = self._followed.get(labels) or self._waiting.get(labels)
        if place is None:
            if len(self._waiting) >= _WAITING_LIMIT:
                self._waiting.pop(_least(self._waiting)[0], None)
            place = self._waiting[labels] = Place()
        place.seconds += seconds
        if not place.followed and self._has_room(labels, place):
            place.followed = True
            self._waiting.pop(labels, None)
            self._followed[labels] = place
            self._ever.add(labels)
        return place

    def _has_room(self, labels: Labels, place: Place) -> bool:
        # Series of those that were followed once stay as they are: so there is an end to them.
        if labels not in self._ever and len(self._ever) >= _EVER_LIMIT:
            return False
        if len(self._followed) < FOLLOWED_LIMIT:
            return True
        least_labels, least = _least(self._followed)
        if place.seconds <= least.seconds:
            return False
        least.followed = False
        self._followed.pop(least_labels, None)
        self._waiting[least_labels] = least
        return True


def _least(places: dict[Labels, Place]) -> tuple[Labels, Place]:
    return min(list(places.items()), key=lambda item: item[1].seconds)
