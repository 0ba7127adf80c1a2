"""What clients saw: requests, failures by kind, and response times in fine bins."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_GROWTH = 1.02  # a bin is 2 % wide: a percentile is off by 1 % at most
_SMALLEST_SECONDS = 1e-5
OTHERS = "(others)"
NAMES_MAX = 200
KINDS_MAX = 20


def bin_of(seconds: float) -> int:
    """Return the bin of a response time."""
    return max(0, int(math.log(max(seconds, _SMALLEST_SECONDS) / _SMALLEST_SECONDS) / math.log(_GROWTH)))


def upper_bound(place: int) -> float:
    """Return the longest response time of a bin, in seconds."""
    return _SMALLEST_SECONDS * math.pow(_GROWTH, place + 1)


@dataclass(slots=True)
class Seen:
    """What was seen of one kind of request."""

    bins: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many there were, failed ones among them."""
        return sum(self.bins.values())

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(self.errors.values())

    @property
    def error_ratio(self) -> float:
        """The share that failed; 0 where there were none."""
        return self.failed / self.requests if self.requests else 0.0

    def note(self, seconds: float, error: str | None) -> None:
        """Count one request."""
        place = bin_of(seconds)
        self.bins[place] = self.bins.get(place, 0) + 1
        self.seconds += seconds
        if error is not None:
            kind = error if error in self.errors or len(self.errors) < KINDS_MAX else OTHERS
            self.errors[kind] = self.errors.get(kind, 0) + 1

    def add(self, other: "Seen") -> None:
        """Take over what another one counted."""
        for place, count in other.bins.items():
            self.bins[place] = self.bins.get(place, 0) + count
        self.seconds += other.seconds
        for kind, count in other.errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + count

    def quantile(self, share: float) -> float | None:
        """Return a response time that this share of requests stayed below; None without requests."""
        rank, reached = share * self.requests, 0
        for place in sorted(self.bins):
            reached += self.bins[place]
            if reached >= rank:
                return upper_bound(place) / math.sqrt(_GROWTH)
        return None


Tally = dict[str, Seen]


def note(tally: Tally, name: str, seconds: float, error: str | None) -> None:
    """Count one request under its name."""
    if name not in tally and len(tally) >= NAMES_MAX:
        name = OTHERS
    tally.setdefault(name, Seen()).note(seconds, error)


def merged(tallies: Iterable[Tally]) -> Tally:
    """Return several as one."""
    sums: Tally = {}
    for tally in tallies:
        for name, seen in tally.items():
            sums.setdefault(name, Seen()).add(seen)
    return sums


def total(tally: Tally) -> Seen:
    """Return all names as one."""
    sums = Seen()
    for seen in tally.values():
        sums.add(seen)
    return sums


def plain(tally: Tally) -> dict[str, Any]:
    """Return a tally as JSON has it."""
    return {
        name: {"bins": list(seen.bins.items()), "seconds": seen.seconds, "errors": seen.errors}
        for name, seen in tally.items()
    }


def parse(table: Mapping[str, Any]) -> Tally:
    """Read what `plain` wrote."""
    return {name: Seen(dict(map(tuple, one["bins"])), one["seconds"], one["errors"]) for name, one in table.items()}
