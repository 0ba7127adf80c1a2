"""Rows put together of the answers about their parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..live.tables import Table
from .series import Calls


@dataclass(slots=True)
class _Row:
    buckets: dict[float, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)


class Gathered:
    """The rows of one table, as far as they are known."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._gauges = {measure.name for measure in table.measures if not measure.counts}
        self._rows: dict[tuple[str, ...], _Row] = {}

    def add(self, part: str, labels: Mapping[str, str], value: float, *, weight: float) -> None:
        """Add a part of a row: counts add up, gauges are averaged by the weights of the pieces they are from."""
        key = tuple(labels.get(label, "") for label in self._table.labels)
        row = self._rows.setdefault(key, _Row())
        if part == "buckets":
            bound = float(labels.get("le", "inf"))
            row.buckets[bound] = row.buckets.get(bound, 0.0) + value
        else:
            row.parts[part] = row.parts.get(part, 0.0) + (value * weight if part in self._gauges else value)

    def calls(self) -> list[Calls]:
        """Return the rows in which anything was counted, those with most time spent first."""
        made = [self._calls(key, row) for key, row in self._rows.items()]
        return sorted((one for one in made if one.calls > 0), key=lambda one: (-one.seconds, -one.calls))

    def _calls(self, key: tuple[str, ...], row: _Row) -> Calls:
        extras = {measure.name: row.parts.get(measure.name, 0.0) for measure in self._table.measures}
        bounds, counts = _apart(row.buckets)
        calls = sum(counts) if self._table.duration else extras["hits"] + extras["misses"]
        return Calls(
            labels=dict(zip(self._table.fields, key, strict=True)),
            bounds=bounds,
            counts=counts,
            calls=calls,
            errors=min(row.parts.get("errors", 0.0), calls),
            seconds=row.parts.get("seconds", 0.0),
            extras=extras,
        )


def _apart(cumulative: Mapping[float, float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return bounds and counts of cumulative buckets; what an estimate makes shrink counts as nothing."""
    bounds = sorted(cumulative)
    counts, before = [], 0.0
    for bound in bounds:
        counts.append(max(0.0, cumulative[bound] - before))
        before = max(before, cumulative[bound])
    if bounds and bounds[-1] == float("inf"):
        return tuple(bounds[:-1]), tuple(counts)
    return tuple(bounds), (*counts, 0.0)
