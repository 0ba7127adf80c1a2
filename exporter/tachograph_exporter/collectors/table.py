"""Gathers rows of several devices into families, each with its rows together as the text formats want them."""

from collections.abc import Iterator

from ..exposition.metric import Kind, Labels, Metric, Value

Rows = list[tuple[Labels, Value]]


class Table:
    """Families by name, in the order in which they were first met."""

    def __init__(self) -> None:
        self._families: dict[str, tuple[Kind, str, Labels, Rows]] = {}

    def add(self, metric: Metric) -> None:
        """Add the rows of a family to those that came before."""
        family = self._families.get(metric.name)
        if family is None:
            family = metric.kind, metric.documentation, metric.label_names, []
            self._families[metric.name] = family
        family[3].extend(metric.rows)

    def metrics(self) -> Iterator[Metric]:
        """Yield each family once."""
        for name, (kind, documentation, label_names, rows) in self._families.items():
            yield Metric(name, kind, documentation, label_names, rows)
