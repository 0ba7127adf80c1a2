"""Families that are not made again while what they are made of is as it was: most of a host's are, most of the time."""

from collections.abc import Callable, Sequence

from ..exposition.metric import Kind, Labels, Metric


class Singles:
    """Families of one series without labels."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._kept: dict[str, tuple[bytes, Metric]] = {}

    def metric(self, name: str, documentation: str, raw: bytes) -> Metric:
        """Return the family whose value is written as `raw`."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] == raw:
            return kept[1]
        metric = Metric(name, self._kind, documentation, (), (((), float(raw)),))
        self._kept[name] = raw, metric
        return metric


class Columns:
    """Families with a series for each device, whose values stand in one column of a table."""

    def __init__(self, label_names: Labels) -> None:
        self._label_names = label_names
        self._kept: dict[str, tuple[Sequence[Labels], Sequence[bytes], Metric]] = {}

    def metric(
        self,
        name: str,
        kind: Kind,
        documentation: str,
        labels: Sequence[Labels],
        raw: Sequence[bytes],
        convert: Callable[[bytes], float] = float,
    ) -> Metric:
        """Return the family with these series, whose values are written as `raw`."""
        kept = self._kept.get(name)
        if kept is not None and kept[1] == raw and kept[0] == labels:
            return kept[2]
        rows = [(label, convert(value)) for label, value in zip(labels, raw, strict=True)]
        metric = Metric(name, kind, documentation, self._label_names, rows)
        self._kept[name] = labels, raw, metric
        return metric


class Lines:
    """Families of a file that has a line for each."""

    def __init__(self, parse: Callable[[bytes], Metric]) -> None:
        self._parse = parse
        self._kept: dict[bytes, Metric] = {}

    def metrics(self, data: bytes) -> Sequence[Metric]:
        """Return a family a line."""
        kept, parse = self._kept, self._parse
        self._kept = {line: kept.get(line) or parse(line) for line in data.splitlines()}
        return list(self._kept.values())
