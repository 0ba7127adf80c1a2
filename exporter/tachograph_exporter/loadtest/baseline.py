"""A load test as a record that can be kept as a baseline, or compared with one."""

from collections.abc import Iterator
from math import ceil

from ..baseline.record import Record, Row, row_of
from ..live.tables import OPERATIONS
from .step import Step
from .tally import Seen, bin_of, upper_bound

CLIENTS = "clients"
_BINS = 4  # as many of a tally's bins are one of a baseline's: 8 % wide
_LONGEST_SECONDS = 100.0
BOUNDS = tuple(
    float(f"{upper_bound(_BINS * place + _BINS - 1):.6g}") for place in range(ceil(bin_of(_LONGEST_SECONDS) / _BINS))
)


def record(name: str, place: str, step: Step) -> Record:
    """Return what clients saw in a step, and what the service measured, by operation."""
    service = step.service.operations if step.service else ()
    rows = (*_clients(step), *(row_of(OPERATIONS.name, [one]) for one in service))
    return Record(name, place, step.start, step.end, rows)


def _clients(step: Step) -> Iterator[Row]:
    for name in step.tally:
        seen = [tally.get(name, Seen()) for tally in step.slices]
        counts, errors = tuple(_counts(one) for one in seen), tuple(float(one.failed) for one in seen)
        yield Row(CLIENTS, {"request": name}, BOUNDS, counts, errors)


def _counts(seen: Seen) -> tuple[float, ...]:
    counts = [0.0] * (len(BOUNDS) + 1)
    for place, count in seen.bins.items():
        counts[min(place // _BINS, len(BOUNDS))] += count
    return tuple(counts)
