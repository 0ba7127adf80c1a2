"""The registry: every cell there is, by metric and labels, and the callbacks that are asked at collection."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ..model import Labels, Metric, Observation
from .cells import ActiveCell, Cell, Forward, GaugeCell, HistogramCell, SumCell, TallyCell

# The overflow included, as in OpenTelemetry's SDK (specification, "Cardinality limits").
_SERIES_LIMIT = 2000
_OVERFLOW: Labels = (("otel.metric.overflow", True),)

Callback = Callable[[], Iterable[Observation]]
CellType = TypeVar("CellType", bound=Cell)


class Registry:
    """All cells of this process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._metrics: dict[tuple[str, str, tuple[float, ...]], Metric] = {}
        self._cells: dict[Metric, dict[Labels, Cell]] = {}
        self._callbacks: dict[Metric, list[Callback]] = {}
        self._forward: Callable[[HistogramCell], Forward | None] | None = None
        self.on_metric: Callable[[Metric], None] | None = None
        self.started_ns = time.time_ns()
        os.register_at_fork(after_in_child=self.reset)

    def histogram(self, metric: Metric, labels: Labels) -> HistogramCell:
        """Return the series of a histogram."""
        return self._cell(HistogramCell, metric, labels)

    def sum(self, metric: Metric, labels: Labels) -> SumCell:
        """Return the series of a counter or of an up-down counter."""
        return self._cell(SumCell, metric, labels)

    def tally(self, metric: Metric, labels: Labels) -> TallyCell:
        """Return the series of a counter that only ever counts ones."""
        return self._cell(TallyCell, metric, labels)

    def active(self, metric: Metric, labels: Labels) -> ActiveCell:
        """Return the series of how many are under way."""
        return self._cell(ActiveCell, metric, labels)

    def gauge(self, metric: Metric, labels: Labels) -> GaugeCell:
        """Return the series of a gauge."""
        return self._cell(GaugeCell, metric, labels)

    def observe(self, metric: Metric, callback: Callback) -> None:
        """Ask `callback` for (labels, value) at each collection; callbacks that raise are left out that time."""
        with self._lock:
            metric = self._one(metric)
            self._callbacks.setdefault(metric, []).append(callback)
        self._announce(metric)

    def forget(self, metric: Metric, callback: Callback) -> None:
        """Ask `callback` no longer."""
        with self._lock:
            callbacks = self._callbacks.get(self._one(metric), [])
            if callback in callbacks:
                callbacks.remove(callback)

    def metrics(self) -> list[Metric]:
        """Return every metric that has cells or callbacks."""
        with self._lock:
            return list(dict.fromkeys((*self._cells, *self._callbacks)))

    def cells(self, metric: Metric) -> list[Cell]:
        """Return the cells of a metric."""
        with self._lock:
            return list(self._cells.get(metric, {}).values())

    def observations(self, metric: Metric) -> Iterable[Observation]:
        """Return (labels, value) of a metric that is no histogram, each series once: what two tell of one is added."""
        found: dict[Labels, float] = {}
        adds = metric.kind != "gauge"
        for labels, value in self._told(metric):
            found[labels] = found[labels] + value if adds and labels in found else value
        return found.items()

    def _told(self, metric: Metric) -> Iterator[Observation]:
        for cell in self.cells(metric):
            if (value := cell.value()) is not None:
                yield cell.labels, value
        for callback in list(self._callbacks.get(metric, ())):
            try:
                yield from callback()
            except Exception:  # noqa: BLE001, S112 - one broken callback must not cost the others
                continue

    def forward_to(self, make: Callable[[HistogramCell], Forward | None] | None) -> None:
        """Hand on the values of histograms for which there is somebody to take each; keep those of the others here."""
        with self._lock:
            self._forward = make
            for cells in self._cells.values():
                for cell in cells.values():
                    if isinstance(cell, HistogramCell):
                        cell.forward = make(cell) if make else None

    def reset(self) -> None:
        """Start all series anew, in a forked child too: what the parent counted is the parent's to report."""
        self._lock = threading.RLock()
        self.started_ns = time.time_ns()
        for cells in self._cells.values():
            for cell in cells.values():
                cell.reset()

    def _cell(self, cell_type: type[CellType], metric: Metric, labels: Labels) -> CellType:
        announce = False
        with self._lock:
            metric = self._one(metric)
            cells = self._cells.get(metric)
            if cells is None:
                cells = self._cells[metric] = {}
                announce = True
            cell = cells.get(labels)
            if cell is None:
                if len(cells) >= _SERIES_LIMIT - 1:
                    labels = _OVERFLOW
                cell = cells.get(labels) or self._new(cell_type, metric, labels)
                cells[labels] = cell
        if announce:
            self._announce(metric)
        if not isinstance(cell, cell_type):
            raise TypeError(f"{metric.name} is already kept as {type(cell).__name__}")
        return cell

    def _one(self, metric: Metric) -> Metric:
        """Return the metric of that name that came first: two modules may declare one."""
        return self._metrics.setdefault((metric.name, metric.kind, metric.buckets), metric)

    def _new(self, cell_type: type[CellType], metric: Metric, labels: Labels) -> Cell:
        if issubclass(cell_type, HistogramCell):
            cell = HistogramCell(metric, labels)
            cell.forward = self._forward(cell) if self._forward else None
            return cell
        return cell_type(metric, labels)

    def _announce(self, metric: Metric) -> None:
        if self.on_metric is not None:
            self.on_metric(metric)
