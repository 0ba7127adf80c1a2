"""Exemplars as Prometheus knows them.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", Exemplar Conversion.
"""

from collections.abc import Iterable, Sequence

from google.protobuf.message import DecodeError

from ..exposition.distribution import Exemplar as Kept
from ..store.cells import Counter, Histogram
from ..store.refusal import Refused
from .attributes import decode, label_name
from .wire import Exemplar

_EXEMPLARS_MAX = 64
_CHARACTERS_MAX = 128  # of names and values together; OpenMetrics 1.0, "Exemplars"


def keep(exemplars: Sequence[bytes], cell: Counter | Histogram) -> None:
    """Keep a point's exemplars with its series, the newest last."""
    for raw in exemplars[-_EXEMPLARS_MAX:]:
        try:
            exemplar = Exemplar.FromString(raw)
        except DecodeError:
            continue
        labels = [("span_id", exemplar.span_id.hex()), ("trace_id", exemplar.trace_id.hex())]
        named = tuple([pair for pair in labels if pair[1]])
        if exemplar.attributes:
            named = _with_attributes(named, exemplar.attributes)
        cell.keep(Kept(named, exemplar.as_double or float(exemplar.as_int), exemplar.time // 1_000_000 / 1e3 or None))


def _with_attributes(named: tuple[tuple[str, str], ...], attributes: Iterable[bytes]) -> tuple[tuple[str, str], ...]:
    try:
        pairs = {label_name(key): value for key, value in decode(attributes)} | dict(named)
    except Refused:
        return named
    size = sum(len(name) + len(value) for name, value in pairs.items())
    return tuple(pairs.items()) if size <= _CHARACTERS_MAX else named
