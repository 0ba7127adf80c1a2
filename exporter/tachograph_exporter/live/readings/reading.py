"""What a reader of an alert's value sees, and what it returns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..host import HostFigures, Sample
from ..increases import Increases
from ..row import Row
from ..tables import Table
from ..timeline import Timeline

Labels = Mapping[str, str]
Reading = tuple[Labels, float | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known now: `services` are those heard of and when they last were, `failing` is 1 or 0 by collector.

    `answers` are the times that endpoints took.
    """

    now: float
    host: HostFigures
    timeline: Timeline
    sample: Sample
    increases: Increases
    services: Mapping[tuple[str, str], float]
    failing: Mapping[str, float]
    answers: Timeline
    rows: Callable[[Table], Iterator[Row]]


Reader = Callable[[Moment], Iterator[Reading]]
HERE = {"instance": "this host"}
