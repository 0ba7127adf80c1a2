"""A metric as Prometheus knows it, and the cells of its series, capped."""

from collections.abc import Callable, Iterator
from sys import intern

from ..exposition.metric import Kind, Labels, Metric
from .cells import Cell, is_silent

OVERFLOW = ("otel_metric_overflow", "true")  # the label OpenTelemetry's SDKs give to what is past their own limit
_OVERFLOWS_MAX = 100
_OWN_SUFFIXES: dict[Kind, str] = {"counter": "_total", "info": "_info"}
_SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "histogram": ("", "_bucket", "_count", "_sum"),
    "summary": ("", "_count", "_sum"),
}


class Family:
    """The series of one name; those with the same label names stand together."""

    def __init__(self, name: str, kind: Kind, documentation: str, unit: str = "") -> None:
        self.name = name
        self.kind: Kind = kind
        self.documentation = documentation
        self.unit = unit
        self.groups: dict[Labels, dict[Labels, Cell]] = {}
        self.size = 0
        self._overflows = 0

    @property
    def claims(self) -> set[str]:
        """The names that no other family may have, nor its samples: OpenMetrics calls jobs_total's family jobs."""
        if own := _OWN_SUFFIXES.get(self.kind):
            return {self.name, self.name.removesuffix(own)}
        return {self.name + suffix for suffix in _SUFFIXES.get(self.kind, ("",))}

    def find(self, names: Labels, values: Labels) -> Cell | None:
        """Return the cell of these labels, if there is one."""
        return self.groups.get(names, {}).get(values)

    def put(self, names: Labels, values: Labels, cell: Cell) -> None:
        """Keep a new cell."""
        group = self.groups.setdefault(names, {})
        group[tuple(map(intern, values))] = cell
        self.size += 1

    def overflow(self, names: Labels, values: Labels, new: Cell) -> Cell:
        """Return the cell that stands for all series of one process that came too late."""
        if (cell := self.find(names, values)) is not None:
            return cell
        if self._overflows >= _OVERFLOWS_MAX:
            names, values = OVERFLOW[:1], OVERFLOW[1:]
            if (cell := self.find(names, values)) is not None:
                return cell
        self._overflows += 1
        self.put(names, values, new)
        return new

    def remove(self, gone: Callable[[Cell], bool]) -> int:
        """Remove the cells that are gone; return how many."""
        before = self.size
        for names, group in list(self.groups.items()):
            for values in [values for values, cell in group.items() if gone(cell)]:
                del group[values]
                self.size -= 1
            if not group:
                del self.groups[names]
        return before - self.size

    def metrics(self) -> Iterator[Metric]:
        """Yield the series, one metric for each set of label names."""
        for names, group in self.groups.items():
            rows = [(values, cell.published()) for values, cell in group.items() if not is_silent(cell)]
            if rows:
                yield Metric(self.name, self.kind, self.documentation, names, rows, self.unit)
