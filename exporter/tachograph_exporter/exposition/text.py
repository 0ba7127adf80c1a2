"""The text formats Prometheus reads: text 0.0.4 and OpenMetrics 1.0."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from .metric import Kind, Labels, Metric, Value
from .series import Series

_FAMILIES_MAX = 10_000


class TextWriter:
    """Writes text 0.0.4, keeping between two scrapes what does not change.

    A family may come in several pieces, with different label names: it is written once, with the rows of all. Where
    they disagree on the kind, the first one stays. Not safe for concurrent use.
    """

    content_type: ClassVar[str] = "text/plain; version=0.0.4; charset=utf-8"
    end: ClassVar[str] = ""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}
        self._turn = 0

    def write(self, metrics: Iterable[Metric]) -> bytes:
        """Return the exposition of the families, in their order."""
        if len(self._families) > _FAMILIES_MAX:
            self._families.clear()
        families, turn = self._families, self._turn + 1
        self._turn = turn
        texts: list[str] = []
        for metric in metrics:
            name, kind, documentation, label_names, rows = metric
            family = families.get(name)
            if family is not None and family.turn == turn:
                if family.kind == kind:
                    texts[family.place] += family.series(label_names).write(rows)
                continue
            if family is None or family.kind != kind or family.documentation != documentation:
                family = families[name] = self._make(metric)
            family.turn, family.place = turn, len(texts)
            # most of a host's families are as they were in the last scrape, and comparing costs a tenth of writing
            if rows == family.rows and label_names == family.label_names:
                texts.append(family.text)
            else:
                texts.append(family.write(label_names, rows))
        texts.append(self.end)
        return "".join(texts).encode()

    _exemplars: ClassVar[bool] = False

    def _make(self, metric: Metric) -> "_Family":
        header, sample_name = self._names(metric)
        return _Family(metric, header, sample_name, exemplars=self._exemplars)

    def _names(self, metric: Metric) -> tuple[str, str]:
        kind = "untyped" if metric.kind == "unknown" else metric.kind
        documentation = metric.documentation.replace("\\", r"\\").replace("\n", r"\n")
        return f"# HELP {metric.name} {documentation}\n# TYPE {metric.name} {kind}\n", metric.name


class OpenMetricsWriter(TextWriter):
    """Writes OpenMetrics 1.0: the same series, exemplars beside them, and an end that shows nothing was cut off."""

    content_type: ClassVar[str] = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    end: ClassVar[str] = "# EOF\n"
    _exemplars: ClassVar[bool] = True

    def _names(self, metric: Metric) -> tuple[str, str]:
        name, kind = metric.name, metric.kind
        if kind == "counter":
            # A counter's family goes without the _total its samples must have; one without it is no counter here.
            name, kind = (name.removesuffix("_total"), kind) if name.endswith("_total") else (name, "unknown")
        documentation = metric.documentation.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        return f"# HELP {name} {documentation}\n# TYPE {name} {kind}\n", metric.name


class _Family:
    """What is kept of a family between two scrapes; `turn` and `place` are where it stands in the current one."""

    __slots__ = (
        "_exemplars",
        "_header",
        "_sample_name",
        "_series",
        "documentation",
        "kind",
        "label_names",
        "place",
        "rows",
        "text",
        "turn",
    )

    def __init__(self, metric: Metric, header: str, sample_name: str, *, exemplars: bool) -> None:
        self.kind: Kind = metric.kind
        self.documentation = metric.documentation
        self.label_names: Labels = ()
        self.rows: Sequence[tuple[Labels, Value]] | None = None
        self.text = ""
        self.turn = 0
        self.place = 0
        self._header = header
        self._sample_name = sample_name
        self._exemplars = exemplars
        self._series: dict[Labels, Series] = {}

    def series(self, label_names: Labels) -> Series:
        """Return the series with these label names."""
        series = self._series.get(label_names)
        if series is None:
            series = self._series[label_names] = Series(self._sample_name, label_names, exemplars=self._exemplars)
        return series

    def write(self, label_names: Labels, rows: Sequence[tuple[Labels, Value]]) -> str:
        """Return the header and the rows' lines; numbers are remembered, for the next scrape may bring the same."""
        text = self._header + self.series(label_names).write(rows)
        if self.kind != "histogram":
            self.label_names, self.rows, self.text = label_names, rows, text
        return text
