"""What a baseline holds: the counts of each operation, slice by slice, and where and when they are from."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..live.tables import DATABASE, LLM, OPERATIONS
from ..past.series import Calls
from ..past.source import Source
from ..past.window import Window

FORMAT = 1
TABLES = (OPERATIONS, LLM, DATABASE)
SLICES = 20
_SLICE_MIN_SECONDS = 60
_DIGITS = 3
_IDENTITY = ("service", "environment")

Key = tuple[str, tuple[tuple[str, str], ...]]


class BadRecord(ValueError):  # noqa: N818 - what a file is
    """A file is no baseline; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation: in each slice of time its calls by bucket, those above the last bound at the end, and failures."""

    table: str
    labels: Mapping[str, str]
    bounds: tuple[float, ...]
    slices: tuple[tuple[float, ...], ...]
    errors: tuple[float, ...]

    @property
    def key(self) -> Key:
        """What the row is known by."""
        return self.table, tuple(self.labels.items())

    @property
    def calls(self) -> float:
        """How many calls there were."""
        return sum(map(sum, self.slices))

    @property
    def name(self) -> str:
        """What people call it."""
        parts = [value for name, value in self.labels.items() if name not in _IDENTITY and value]
        return " ".join(parts) or self.table

    @property
    def service(self) -> str:
        """The service it is of."""
        return "/".join(self.labels[name] for name in _IDENTITY if self.labels.get(name))


@dataclass(frozen=True, slots=True)
class Record:
    """A baseline, or what is compared with one."""

    name: str
    place: str
    start: float
    end: float
    rows: tuple[Row, ...]

    @property
    def seconds(self) -> float:
        """How long the window is."""
        return self.end - self.start

    def text(self) -> str:
        """Return the record as the JSON of its file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False)


def parse(text: str) -> Record:
    """Read what `text` wrote; raise BadRecord."""
    try:
        values = json.loads(text)
        _refuse_other(values.pop("format"))
        rows = tuple(_row(row) for row in values.pop("rows"))
        return Record(rows=rows, **values)
    except BadRecord:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRecord(f"is no baseline ({type(error).__name__}: {error})") from None


def read(source: Source, window: Window, name: str) -> Record:
    """Return what a source knows of the operations in a window; raise PastError."""
    length = min(max(_SLICE_MIN_SECONDS, math.ceil(window.seconds / SLICES)), max(1, int(window.seconds)))
    rows = [row for table in TABLES for row in _rows(table.name, source.slices(table, window, length))]
    return Record(name, source.place, window.start, window.end, tuple(rows))


def row_of(table: str, slices: Sequence[Calls]) -> Row:
    """Return the slices of one operation as a row."""
    counts = tuple(tuple(round(count, _DIGITS) for count in one.counts) for one in slices)
    errors = tuple(round(one.errors, _DIGITS) for one in slices)
    return Row(table, slices[0].labels, slices[0].bounds, counts, errors)


def _rows(table: str, slices: Iterable[Sequence[Calls]]) -> Iterable[Row]:
    kept: dict[tuple[object, ...], list[Calls]] = {}
    for calls in slices:
        for one in calls:
            kept.setdefault((tuple(one.labels.items()), one.bounds), []).append(one)
    found: dict[tuple[tuple[str, str], ...], list[Calls]] = {}
    for each in kept.values():  # where buckets were changed in between, those with most calls count
        key = tuple(each[0].labels.items())
        if sum(one.calls for one in each) > sum(one.calls for one in found.get(key, ())):
            found[key] = each
    return [row_of(table, each) for each in found.values()]


def _refuse_other(number: object) -> None:
    if number != FORMAT:
        raise BadRecord(f"is of format {number}, this version reads {FORMAT}: save it again")


def _row(values: Any) -> Row:
    slices = tuple(tuple(map(float, counts)) for counts in values["slices"])
    bounds, errors = tuple(map(float, values["bounds"])), tuple(map(float, values["errors"]))
    labels = {str(name): str(value) for name, value in values["labels"].items()}
    if len(errors) != len(slices) or any(len(counts) != len(bounds) + 1 for counts in slices):
        raise BadRecord("is no baseline: a row's counts do not fit its bounds")
    return Row(str(values["table"]), labels, bounds, slices, errors)
