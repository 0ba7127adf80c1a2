"""The questions about a table's rows in PromQL: how much each of their counters grew."""

from collections.abc import Iterator
from typing import NamedTuple

from ..live.tables import Measure, Table
from ..rules.promql import text


class Question(NamedTuple):
    """What is asked about one part of the rows: `name` is buckets, errors, seconds, or a measure's."""

    name: str
    promql: str


def questions(table: Table) -> Iterator[Question]:
    """Yield what makes up a table's rows; $span stands for the window's length."""
    if table.duration:
        yield Question("buckets", _grown(f"{table.duration}_bucket", (*table.labels, "le")))
        yield Question("errors", _grown(f"{table.duration}_count", table.labels, 'error_type!=""'))
        yield Question("seconds", _grown(f"{table.duration}_sum", table.labels))
    for measure in table.measures:
        yield Question(measure.name, _of(table, measure))


def _of(table: Table, measure: Measure) -> str:
    matcher = f"{measure.label}={text(measure.value)}" if measure.label else ""
    by = ", ".join(table.labels)
    if not measure.counts:
        return f"sum by ({by}) (avg_over_time({measure.metric}{{$application,{matcher}}}[$span]))"
    counter = measure.metric if measure.metric.endswith("_total") else f"{measure.metric}_sum"
    return _grown(counter, table.labels, matcher)


def _grown(counter: str, by: tuple[str, ...], matcher: str = "") -> str:
    return f"sum by ({', '.join(by)}) (increase({counter}{{$application,{matcher}}}[$span]))"
