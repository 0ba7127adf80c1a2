"""The summary of a window: average, least, most and p95 of each metric."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..live.row import significant
from ..past import measures
from ..past.measures import Measure, Rows
from ..past.series import Calls, Labels
from ..past.source import Source, nothing_found
from ..past.window import Window
from .statistics import Spread, spread

SECTIONS: tuple[tuple[str, tuple[Measure, ...]], ...] = (
    ("Host", measures.HOST),
    ("Operations", (measures.OPERATIONS_RATE, measures.OPERATIONS_ERRORS, measures.OPERATIONS_AVERAGE)),
    ("LLM calls", (measures.LLM_RATE, measures.LLM_ERRORS, measures.LLM_AVERAGE, measures.COST)),
    ("Database calls", (measures.DATABASE_RATE, measures.DATABASE_ERRORS, measures.DATABASE_AVERAGE)),
    ("Caches", (measures.CACHE_RATE, measures.CACHE_HITS)),
)
TITLES = {
    measures.OPERATIONS_RATE: "calls",
    measures.OPERATIONS_ERRORS: "error rate",
    measures.OPERATIONS_AVERAGE: "duration",
    measures.LLM_RATE: "calls",
    measures.LLM_ERRORS: "error rate",
    measures.LLM_AVERAGE: "duration",
    measures.COST: "cost",
    measures.DATABASE_RATE: "calls",
    measures.DATABASE_ERRORS: "error rate",
    measures.DATABASE_AVERAGE: "duration",
    measures.CACHE_RATE: "requests",
    measures.CACHE_HITS: "hit rate",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one thing."""

    section: str
    measure: Measure
    labels: Labels
    spread: Spread

    @property
    def metric(self) -> str:
        """What is measured."""
        return TITLES.get(self.measure, self.measure.title)

    @property
    def thing(self) -> str:
        """What it is measured of."""
        return named(self.labels)

    def plain(self) -> dict[str, object]:
        """Return the line as JSON has it."""
        figures = {name: significant(value) for name, value in self.spread._asdict().items()}
        return {
            "section": self.section,
            "metric": self.measure.name,
            "title": self.metric,
            "unit": self.measure.unit,
            "labels": dict(self.labels),
            **figures,
        }


def named(labels: Mapping[str, str]) -> str:
    """Return what labels name, in one line: `request (assistant, production)`."""
    owner = [labels[name] for name in ("service", "environment") if labels.get(name)]
    own = [value for name, value in labels.items() if name not in ("service", "environment") and value]
    return " ".join(own) + (f" ({', '.join(owner)})" if owner else "")


def summarise(source: Source, window: Window) -> list[Line]:
    """Return the lines of a window; raise NothingFound where there is none."""
    lines = [line for section, chosen in SECTIONS for line in _section(source, window, section, chosen)]
    if not lines:
        raise nothing_found(source, window)
    return lines


def _section(source: Source, window: Window, section: str, chosen: tuple[Measure, ...]) -> Iterator[Line]:
    found = []
    exact = _exact(source, window, chosen)
    for measure in chosen:
        for series in source.series(measure, window):
            counted = exact.get(named(series.labels))
            found.append(Line(section, measure, series.labels, _better(spread(series.values), measure, counted)))
    order = {measure: place for place, measure in enumerate(chosen)}
    if section != "Host":
        found.sort(key=lambda line: (line.thing, order[line.measure]))
    yield from found


def _exact(source: Source, window: Window, chosen: tuple[Measure, ...]) -> Mapping[str, Calls]:
    """Return the rows of a section by name: they tell more than the averages of intervals do."""
    tables = {measure.ring.table for measure in chosen if isinstance(measure.ring, Rows)}
    return {named(row.labels): row for table in tables for row in source.histograms(table, window)}


def _better(found: Spread, measure: Measure, counted: Calls | None) -> Spread:
    """Return the average over all calls, and the p95 of all calls where their durations were counted."""
    if counted is None or not isinstance(measure.ring, Rows) or measure.unit not in ("ratio", "seconds"):
        return found
    average = measure.ring.figure(counted, 1.0)
    if average is None:
        return found
    p95 = counted.quantile(0.95) if measure.unit == "seconds" else None
    return found._replace(average=average, p95=found.p95 if p95 is None else p95)
