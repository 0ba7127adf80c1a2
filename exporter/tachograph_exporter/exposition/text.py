"""The text formats Prometheus reads: text 0.0.4 and OpenMetrics 1.0."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from .metric import Kind, Labels, Metric
from .series import Series

_FAMILIES_MAX = 10_000


@dataclass(slots=True)
class _Family:
    """What is kept of a family between two scrapes."""

    kind: Kind
    documentation: str
    header: str
    sample_name: str
    series: dict[Labels, Series]


class TextWriter:
    """Writes text 0.0.4, keeping between two scrapes what does not change.

    A family may come in several pieces, with different label names: it is written once, with the rows of all. Where
    they disagree on the kind, the first one stays. Not safe for concurrent use.
    """

    content_type: ClassVar[str] = "text/plain; version=0.0.4; charset=utf-8"
    end: ClassVar[str] = ""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}

    def write(self, metrics: Iterable[Metric]) -> bytes:
        """Return the exposition of the families, in their order."""
        if len(self._families) > _FAMILIES_MAX:
            self._families.clear()
        written: dict[str, list[str]] = {}
        for metric in metrics:
            lines = written.get(metric.name)
            family = self._families.get(metric.name)
            if lines is None:
                if family is None or family.kind != metric.kind or family.documentation != metric.documentation:
                    family = self._families[metric.name] = self._make(metric)
                lines = written[metric.name] = [family.header]
            if family is None or family.kind != metric.kind:
                continue
            series = family.series.get(metric.label_names)
            if series is None:
                series = Series(family.sample_name, metric.kind, metric.label_names, exemplars=self._exemplars)
                family.series[metric.label_names] = series
            lines.append(series.write(metric.rows))
        return ("".join([line for lines in written.values() for line in lines]) + self.end).encode()

    def _make(self, metric: Metric) -> _Family:
        header, sample_name = self._names(metric)
        return _Family(metric.kind, metric.documentation, header, sample_name, {})

    _exemplars: ClassVar[bool] = False

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
