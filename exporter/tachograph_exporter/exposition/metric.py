"""A metric family as collectors and the store hand it over, before it is written.

What a scrape makes hundreds of are named tuples: a frozen dataclass takes six times as long to make.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from .distribution import Counted, Distribution, Quantiles

Kind = Literal["counter", "gauge", "histogram", "info", "summary", "unknown"]
Labels = tuple[str, ...]
Value = float | Counted | Distribution | Quantiles


class Metric(NamedTuple):
    """One family: its name as the text format exposes it (counters end in _total, infos in _info), and a row a series.

    Each row is the values of `label_names`, in their order, and the series' value: a number, for a counter perhaps
    with an exemplar, for a histogram a Distribution and for a summary Quantiles. The unit is one that the name ends in.
    """

    name: str
    kind: Kind
    documentation: str
    label_names: Labels
    rows: Sequence[tuple[Labels, Value]]
    unit: str = ""


def gauge(name: str, documentation: str, value: float) -> Metric:
    """Return a gauge with one series and no labels."""
    return Metric(name, "gauge", documentation, (), (((), value),))


def counter(name: str, documentation: str, value: float) -> Metric:
    """Return a counter with one series and no labels."""
    return Metric(name, "counter", documentation, (), (((), value),))


def family(
    name: str, kind: Kind, documentation: str, label_names: Labels, rows: Iterable[tuple[Labels, Value]]
) -> Metric:
    """Return a family of labelled series."""
    return Metric(name, kind, documentation, label_names, tuple(rows))
