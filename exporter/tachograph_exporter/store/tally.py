"""What the receiver and the store count of their own work."""

from collections import Counter
from collections.abc import Iterator

from ..exposition.metric import Metric, counter, family

_REQUESTS = "OTLP requests by signal and by the HTTP status, or gRPC code, of the answer."
_POINTS = "Data points (spans, for traces) that were accepted."
_BYTES = "Bytes of OTLP bodies, as they came and after decompression."
_REFUSED = "Data points that were not counted, by the reason."
_FOLDED = "New series that were folded into an overflow series because of the limits."


class Tally:
    """Counters that only grow. Whoever adds to them holds the store's lock or is the only one who does."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.points: Counter[str] = Counter()
        self.bytes: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        self.folded = 0

    def metrics(self) -> Iterator[Metric]:
        """Yield the counters."""
        requests = [(labels, float(count)) for labels, count in list(self.requests.items())]
        sizes = [(labels, float(count)) for labels, count in list(self.bytes.items())]
        points = [((signal,), float(count)) for signal, count in list(self.points.items())]
        refused = [((reason,), float(count)) for reason, count in list(self.refused.items())]
        yield family("tachograph_otlp_requests_total", "counter", _REQUESTS, ("signal", "code"), requests)
        yield family("tachograph_otlp_points_total", "counter", _POINTS, ("signal",), points)
        yield family("tachograph_otlp_refused_points_total", "counter", _REFUSED, ("reason",), refused)
        yield family("tachograph_otlp_body_bytes_total", "counter", _BYTES, ("signal", "encoding"), sizes)
        yield counter("tachograph_store_folded_series_total", _FOLDED, self.folded)
