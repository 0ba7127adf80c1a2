"""The lines of one family's series, with all that stays the same between two scrapes made once."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from .distribution import Distribution, Exemplar, Quantiles
from .metric import Labels, Value
from .number import number

_EXEMPLAR_LABELS_MAX = 128  # characters of names and values together; OpenMetrics 1.0, "Exemplars"
_SPARE = 64


class Series:
    """Writes the sample lines of one family and keeps what precedes their values."""

    def __init__(self, sample_name: str, label_names: Labels, *, exemplars: bool) -> None:
        self.label_names = label_names
        self._name = sample_name
        self._exemplars = exemplars
        self._order = sorted(range(len(label_names)), key=label_names.__getitem__)
        self._prefixes: dict[Labels, str] = {}
        self._templates: dict[Labels, tuple[tuple[float, ...], str]] = {}

    def write(self, rows: Sequence[tuple[Labels, Value]], lines: list[str]) -> None:
        """Append the rows' lines; forget cached prefixes when most of them are of series that went away."""
        prefixes = self._prefixes
        for labels, value in rows:
            if isinstance(value, Distribution | Quantiles):
                self._write_compound(labels, value, lines)
                continue
            prefix = prefixes.get(labels)
            if prefix is None:
                prefix = prefixes[labels] = f"{self._name}{self._braces(labels)} "
            lines.append(prefix + number(value) + "\n")
        for cache in (self._prefixes, self._templates):
            if len(cache) > 2 * len(rows) + _SPARE:
                cache.clear()

    def _write_compound(self, labels: Labels, value: Distribution | Quantiles, lines: list[str]) -> None:
        if isinstance(value, Quantiles):
            lines.append(self._summary(labels, value))
            return
        bounds, template = self._templates.get(labels, (None, ""))
        if bounds != value.bounds:
            template = self._template(labels, value.bounds)
            self._templates[labels] = (value.bounds, template)
        counts = [f"{count}.0" if count < 1_000_000 else number(count) for count in accumulate(value.counts)]
        text = template % (*counts, counts[-1], number(value.sum))
        if self._exemplars and value.exemplars:
            text = _with_exemplars(text, value.exemplars)
        lines.append(text)

    def _template(self, labels: Labels, bounds: tuple[float, ...]) -> str:
        uppers = (*map(number, bounds), "+Inf")
        lines = [f"{self._name}_bucket{self._braces(labels, ('le', upper))}" for upper in uppers]
        # OpenMetrics forbids a sum, and so a count, where a bucket is below zero.
        totals = "" if bounds and bounds[0] < 0 else self._totals(labels)
        slots = "".join(line.replace("%", "%%") + " %s\n" for line in lines)
        return slots + (totals or "%.0s%.0s")

    def _totals(self, labels: Labels) -> str:
        braces = self._braces(labels).replace("%", "%%")
        return f"{self._name}_count{braces} %s\n{self._name}_sum{braces} %s\n"

    def _summary(self, labels: Labels, value: Quantiles) -> str:
        lines = [
            f"{self._name}{self._braces(labels, ('quantile', number(quantile)))} {number(at)}\n"
            for quantile, at in value.quantiles
        ]
        return "".join(lines) + self._totals(labels) % (number(value.count), number(value.sum))

    def _braces(self, labels: Labels, extra: tuple[str, str] | None = None) -> str:
        pairs = [(self.label_names[i], labels[i]) for i in self._order]
        if extra:
            pairs = sorted([*pairs, extra])
        return "{" + _join(pairs) + "}" if pairs else ""


def escape(text: str) -> str:
    """Escape a label's value; bytes that are no UTF-8 (surrogates, to Python) become U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _join(pairs: Iterable[tuple[str, str]]) -> str:
    return ",".join([f'{name}="{escape(value)}"' for name, value in pairs])


def _with_exemplars(text: str, exemplars: Sequence[Exemplar | None]) -> str:
    lines = text.split("\n")  # splitlines would also split at what a label may hold
    for index, exemplar in enumerate(exemplars):
        if exemplar is None or sum(len(name) + len(value) for name, value in exemplar.labels) > _EXEMPLAR_LABELS_MAX:
            continue
        seconds = "" if exemplar.timestamp is None else f" {exemplar.timestamp}"
        labels = _join(sorted(exemplar.labels))
        lines[index] += f" # {{{labels}}} {number(exemplar.value)}{seconds}"
    return "\n".join(lines)
