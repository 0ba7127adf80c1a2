"""Exemplars as Prometheus knows them.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", Exemplar Conversion.
"""

from collections.abc import Iterable
from typing import Any

from ..exposition.distribution import Exemplar
from ..store.cells import Counter, Histogram
from ..store.refusal import Refused
from .attributes import decode, label_name

_CHARACTERS_MAX = 128  # of names and values together; OpenMetrics 1.0, "Exemplars"


def keep(exemplars: Iterable[Any], cell: Counter | Histogram) -> None:
    """Keep a point's exemplars with its series, the newest last."""
    for exemplar in exemplars:
        labels = [("span_id", exemplar.span_id.hex()), ("trace_id", exemplar.trace_id.hex())]
        named = tuple([pair for pair in labels if pair[1]])
        if exemplar.attributes:
            named = _with_attributes(named, exemplar.attributes)
        cell.keep(Exemplar(named, exemplar.as_double or float(exemplar.as_int), exemplar.time / 1e9 or None))


def _with_attributes(named: tuple[tuple[str, str], ...], attributes: Iterable[bytes]) -> tuple[tuple[str, str], ...]:
    try:
        pairs = {label_name(key): value for key, value in decode(attributes)} | dict(named)
    except Refused:
        return named
    size = sum(len(name) + len(value) for name, value in pairs.items())
    return tuple(pairs.items()) if size <= _CHARACTERS_MAX else named
