"""What the receiver and the store count of their own work."""

from collections import Counter
from collections.abc import Iterator, Mapping
from threading import Lock

from ..exposition.metric import Labels, Metric, counter, family
from .refusal import Reason

_REQUESTS = "OTLP requests by signal and by the HTTP status, or gRPC code, of the answer."
_POINTS = "Data points (spans, for traces) that were accepted."
_BYTES = "Bytes of OTLP bodies, as they came and after decompression."
_REFUSED = "Data points that were not counted, by the reason."
_FOLDED = "Series of processes that were folded into an overflow series because of the limits."


class Tally:
    """Counters that only grow; safe in any thread."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.points: Counter[str] = Counter()
        self.bytes: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[Reason] = Counter()
        self.folded = 0
        self._lock = Lock()

    def answered(self, signal: str, code: str) -> None:
        """Count a request by its answer."""
        with self._lock:
            self.requests[signal, code] += 1

    def read(self, signal: str, *, received: int, decoded: int) -> None:
        """Count a body's bytes."""
        with self._lock:
            self.bytes[signal, "received"] += received
            self.bytes[signal, "decoded"] += decoded

    def accepted(self, signal: str, count: int) -> None:
        """Count points or spans."""
        with self._lock:
            self.points[signal] += count

    def rejected(self, refused: Mapping[Reason, int]) -> None:
        """Count points that were not counted."""
        with self._lock:
            self.refused.update(refused)

    def fold(self) -> None:
        """Count a series that is past the limits."""
        with self._lock:
            self.folded += 1

    def metrics(self) -> Iterator[Metric]:
        """Yield the counters."""
        with self._lock:
            requests, sizes = _rows(self.requests), _rows(self.bytes)
            points = [((signal,), float(count)) for signal, count in self.points.items()]
            refused = [((reason,), float(count)) for reason, count in self.refused.items()]
        yield family("tachograph_otlp_requests_total", "counter", _REQUESTS, ("signal", "code"), requests)
        yield family("tachograph_otlp_points_total", "counter", _POINTS, ("signal",), points)
        yield family("tachograph_otlp_refused_points_total", "counter", _REFUSED, ("reason",), refused)
        yield family("tachograph_otlp_body_bytes_total", "counter", _BYTES, ("signal", "stage"), sizes)
        yield counter("tachograph_store_folded_series_total", _FOLDED, self.folded)


def _rows(counts: Mapping[tuple[str, str], int]) -> list[tuple[Labels, float]]:
    return [(labels, float(count)) for labels, count in counts.items()]
