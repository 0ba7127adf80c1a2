"""Reads the text format 0.0.4 as other programs write it into files.

Strict, as Prometheus is: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..exposition.distribution import Distribution, Quantiles
from ..exposition.metric import Kind, Labels, Metric, Value

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\s*\{(.*)\}\s*|\s+)(\S+)(?:\s+(-?\d+))?")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)')
_NAME = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "\\": "\\", '"': '"'}
_KINDS: dict[str, Kind] = {
    "counter": "counter",
    "gauge": "gauge",
    "histogram": "histogram",
    "summary": "summary",
    "untyped": "unknown",
}
_NUMBERS = {"+inf": math.inf, "inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_SUFFIXES: dict[Kind, tuple[str, ...]] = {"histogram": ("_bucket", "_count", "_sum"), "summary": ("_count", "_sum")}
_POINTS: dict[Kind, str] = {"histogram": "le", "summary": "quantile"}

Pairs = tuple[tuple[str, str], ...]


class Malformed(ValueError):  # noqa: N818 - what a file is
    """A line that is not of the format; the message says which and why."""


@dataclass(slots=True)
class Compound:
    """One series of a histogram or a summary while its lines are read."""

    points: dict[float, float] = field(default_factory=dict)
    count: float | None = None
    sum: float = math.nan


@dataclass(slots=True)
class Family:
    """A family while its lines are read."""

    name: str
    kind: Kind = "unknown"
    documentation: str | None = None
    values: dict[Pairs, float] = field(default_factory=dict)
    compounds: dict[Pairs, Compound] = field(default_factory=dict)

    @property
    def series(self) -> frozenset[Pairs]:
        """The labels of each of its series."""
        return frozenset((*self.values, *self.compounds))


def parse(text: str) -> list[Family]:
    """Return the families of a whole file; raise Malformed for a line that is none, has a timestamp or comes twice."""
    families: dict[str, Family] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        try:
            if stripped.startswith("#"):
                _comment(stripped, families)
            elif stripped:
                _sample(stripped, families)
        except Malformed as malformed:
            raise Malformed(f"line {number}: {malformed}") from None
    if text and not text.endswith("\n"):
        raise Malformed("the last line has no end: is the file still being written?")
    return [family for family in families.values() if family.values or family.compounds]


def metric(family: Family, documentation: str) -> Metric:
    """Return a family as it is exposed; a label that only some of its series have is empty for the others."""
    found: Iterable[Pairs] = family.compounds or family.values
    names = tuple(sorted({name for pairs in found for name, _ in pairs}))
    series = family.compounds if family.compounds else family.values
    rows: list[tuple[Labels, Value]] = []
    for pairs, value in series.items():
        labels = dict(pairs)
        known = _value(family.kind, value) if isinstance(value, Compound) else value
        rows.append((tuple(labels.get(name, "") for name in names), known))
    return Metric(family.name, family.kind, documentation, names, rows)


def _comment(line: str, families: dict[str, Family]) -> None:
    words = line[1:].split(None, 2)
    if not words or words[0] not in ("HELP", "TYPE"):
        return
    if len(words) < 2 or not _NAME.fullmatch(words[1]):
        raise Malformed(f"{words[0]} without the name of a metric")
    family = families.setdefault(words[1], Family(words[1]))
    rest = words[2] if len(words) > 2 else ""
    if words[0] == "HELP":
        family.documentation = _unescape(rest)
    elif rest not in _KINDS:
        raise Malformed(f"unknown type {rest!r}")
    elif family.values or family.compounds:
        raise Malformed(f"the type of {family.name} comes after its samples")
    else:
        family.kind = _KINDS[rest]


def _sample(line: str, families: dict[str, Family]) -> None:
    found = _SAMPLE.fullmatch(line)
    if not found:
        raise Malformed(f"not a sample: {line!r}")
    name, raw_labels, raw_value, timestamp = found.groups()
    if timestamp is not None:
        raise Malformed("a timestamp, which a file cannot give")
    labels = {label: text for label, text in _labels(raw_labels or "") if text}  # an empty one is the same as none
    family, part = _owner(name, families)
    value = _number(raw_value)
    if family.kind in _POINTS:
        _add_point(family, part, labels, value)
        return
    pairs = tuple(sorted(labels.items()))
    if pairs in family.values:
        raise Malformed(f"{name} comes twice with the same labels")
    family.values[pairs] = value


def _owner(name: str, families: dict[str, Family]) -> tuple[Family, str]:
    """Return the family that a sample is of, and the part of a histogram or summary that it is."""
    for suffix in ("_bucket", "_count", "_sum"):
        family = families.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if family and suffix in _SUFFIXES.get(family.kind, ()):
            return family, suffix
    return families.setdefault(name, Family(name)), ""


def _add_point(family: Family, part: str, labels: dict[str, str], value: float) -> None:
    point = labels.pop(_POINTS[family.kind], None)
    if part in ("_bucket", "_count") and not 0 <= value < math.inf:
        raise Malformed(f"{family.name}{part} counts, and so cannot be {value}")
    compound = family.compounds.setdefault(tuple(sorted(labels.items())), Compound())
    if part == "_sum":
        compound.sum = value
    elif part == "_count":
        compound.count = value
    elif point is None:
        raise Malformed(f"{family.name} without its label {_POINTS[family.kind]}")
    elif (at := _number(point)) in compound.points:
        raise Malformed(f'{family.name} comes twice with {_POINTS[family.kind]}="{point}"')
    else:
        compound.points[at] = value


def _value(kind: Kind, compound: Compound) -> Value:
    points = sorted(compound.points.items())
    if kind == "summary":
        return Quantiles(tuple(points), compound.count or 0.0, compound.sum)
    bounds = tuple(bound for bound, _ in points if bound != math.inf)
    below = [int(count) for bound, count in points if bound != math.inf]
    total = int(compound.points.get(math.inf, compound.count or 0))
    counts = [after - before for after, before in zip([*below, total], [0, *below], strict=True)]
    return Distribution(bounds, counts, compound.sum)


def _labels(raw: str) -> Iterator[tuple[str, str]]:
    position = 0
    seen: set[str] = set()
    while position < len(raw.rstrip()):
        found = _LABEL.match(raw, position)
        if not found or found[1] in seen:
            raise Malformed(f"bad labels {{{raw}}}")
        seen.add(found[1])
        yield found[1], _unescape(found[2])
        position = found.end()


def _unescape(raw: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), raw) if "\\" in raw else raw


def _number(raw: str) -> float:
    known = _NUMBERS.get(raw.lower())
    if known is not None:
        return known
    try:
        return float(raw.replace("_", "?"))  # Python alone reads 1_000
    except ValueError:
        raise Malformed(f"not a number: {raw!r}") from None
