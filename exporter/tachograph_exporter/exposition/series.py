"""The lines of one family's series, with all that stays the same between two scrapes made once."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from sys import intern

from .distribution import Counted, Distribution, Exemplar, Quantiles
from .metric import Labels, Value
from .number import MILLION, number

_EXEMPLAR_LABELS_MAX = 128  # characters of names and values together; OpenMetrics 1.0, "Exemplars"
_SPARE = 64
_ROWS_AT_ONCE = 32
_BOUNDS_MAX = 64
_COMPOUND = (Counted, Distribution, Quantiles)


class Series:
    """Writes the sample lines of one family and keeps what precedes their values."""

    def __init__(self, sample_name: str, label_names: Labels, *, exemplars: bool) -> None:
        self.label_names = label_names
        self._name = sample_name
        self._exemplars = exemplars
        self._order = sorted(range(len(label_names)), key=label_names.__getitem__)
        self._prefixes: dict[Labels, str] = {}
        self._around_le: dict[Labels, tuple[str, str]] = {}
        self._uppers: Sequence[str] = ()
        self._bounds: tuple[float, ...] | None = None

    def write(self, rows: Sequence[tuple[Labels, Value]]) -> Iterator[str]:
        """Yield the rows' lines, some at a time; forget cached prefixes of series that went away."""
        if len(rows) <= _ROWS_AT_ONCE:
            yield "".join(self._lines(rows))
        else:
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                yield "".join(self._lines(rows[start : start + _ROWS_AT_ONCE]))
        for cache in (self._prefixes, self._around_le):
            if len(cache) > 2 * len(rows) + _SPARE:
                cache.clear()

    def _lines(self, rows: Sequence[tuple[Labels, Value]]) -> list[str]:
        prefixes = self._prefixes
        lines = []
        for labels, value in rows:
            if isinstance(value, _COMPOUND):
                lines.append(self._compound(labels, value))
                continue
            prefix = prefixes.get(labels)
            if prefix is None:
                prefix = prefixes[labels] = f"{self._name}{self._braces(labels)} "
            lines.append(f"{prefix}{number(value)}\n")
        return lines

    def _compound(self, labels: Labels, value: Counted | Distribution | Quantiles) -> str:
        if isinstance(value, Distribution):
            text = self._histogram(labels, value)
            return _with_exemplars(text, value.exemplars) if self._exemplars and value.exemplars else text
        if isinstance(value, Counted):
            text = f"{self._name}{self._braces(labels)} {number(value.value)}\n"
            return _with_exemplars(text, (value.exemplar,)) if self._exemplars else text
        return self._summary(labels, value)

    def _histogram(self, labels: Labels, value: Distribution) -> str:
        around = self._around_le.get(labels)
        if around is None:
            around = self._around_le[labels] = self._split(labels)
        before, after = around
        if value.bounds is not self._bounds:  # nearly always the last one's
            self._bounds, self._uppers = value.bounds, _uppers(value.bounds)
        counts = [*accumulate(value.counts)]
        # joining is a third faster than formatting; most counts are below a million, and written without an exponent
        written, end = (map(str, counts), ".0\n") if counts[-1] < MILLION else (map(number, counts), "\n")
        pieces = [f"{end}{self._name}_bucket{{{before}", "", f"{after}}} ", ""] * len(counts)
        pieces[0] = pieces[0][len(end) :]
        pieces[1::4] = self._uppers
        pieces[3::4] = written
        # OpenMetrics forbids a sum, and so a count, where a bucket is below zero.
        if not (value.bounds and value.bounds[0] < 0):
            braces = f"{{{before}{after[1:]}}}" if after else before and f"{{{before[:-1]}}}"
            total = pieces[-1]
            pieces += (f"{end}{self._name}_count{braces} ", total, f"{end}{self._name}_sum{braces} ", number(value.sum))
            end = "\n"
        pieces.append(end)
        return "".join(pieces)

    def _split(self, labels: Labels) -> tuple[str, str]:
        """Return what stands before le and after it, with the commas between."""
        pairs = [(self.label_names[i], labels[i]) for i in self._order]
        before = _join([pair for pair in pairs if pair[0] < "le"])
        after = _join([pair for pair in pairs if pair[0] > "le"])
        return before and f"{before},", intern(after and f",{after}")  # much the same for all series of a service

    def _summary(self, labels: Labels, value: Quantiles) -> str:
        lines = [
            f"{self._name}{self._braces(labels, ('quantile', number(quantile)))} {number(at)}\n"
            for quantile, at in value.quantiles
        ]
        braces = self._braces(labels)
        count, total = number(value.count), number(value.sum)
        return f"{''.join(lines)}{self._name}_count{braces} {count}\n{self._name}_sum{braces} {total}\n"

    def _braces(self, labels: Labels, extra: tuple[str, str] | None = None) -> str:
        pairs = [(self.label_names[i], labels[i]) for i in self._order]
        if extra:
            pairs = sorted([*pairs, extra])
        return "{" + _join(pairs) + "}" if pairs else ""


@lru_cache(maxsize=_BOUNDS_MAX)
def _uppers(bounds: tuple[float, ...]) -> Sequence[str]:
    return [f'le="{upper}"' for upper in (*[number(bound + 0.0) for bound in bounds], "+Inf")]  # -0.0 is 0.0


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
