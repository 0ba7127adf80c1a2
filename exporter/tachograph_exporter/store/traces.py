"""The last traces that were received, and the slowest span of each operation: bounded, in memory only."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Span:
    """A finished span. Times are Unix nanoseconds; attributes stay encoded until somebody asks for them."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    service: str
    name: str
    kind: int
    start: int
    end: int
    error: bool
    message: str
    attributes: Sequence[bytes]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(self.end - self.start, 0) / 1e9

    @property
    def size(self) -> int:
        """Roughly how many bytes it occupies."""
        return 400 + len(self.name) + sum(80 + len(attribute) for attribute in self.attributes)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept."""

    traces: int = 200
    spans_per_trace: int = 500
    bytes: int = 8 * 1024 * 1024
    operations: int = 200
    slowest: int = 5


class Traces:
    """Keeps what fits; the trace that was longest without a new span goes first."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._lock = Lock()
        self._traces: dict[bytes, list[Span]] = {}
        self._size = 0
        self._slowest: dict[tuple[str, str], list[tuple[float, int, Span]]] = {}
        self._added = 0

    def add(self, spans: Sequence[Span]) -> None:
        """Keep spans."""
        with self._lock:
            for span in spans:
                self._added += 1
                self._keep_last(span)
                self._keep_slowest(span)

    def last(self) -> list[list[Span]]:
        """Return the last traces, the newest first."""
        with self._lock:
            return [list(spans) for spans in reversed(self._traces.values())]

    def slowest(self) -> dict[tuple[str, str], list[Span]]:
        """Return the slowest spans of each service's operations, the slowest first."""
        with self._lock:
            return {operation: [span for *_, span in reversed(ranked)] for operation, ranked in self._slowest.items()}

    def _keep_last(self, span: Span) -> None:
        spans = self._traces.pop(span.trace_id, [])
        self._traces[span.trace_id] = spans  # now the last to go
        if len(spans) < self._bounds.spans_per_trace:
            spans.append(span)
            self._size += span.size
        while len(self._traces) > self._bounds.traces or self._size > self._bounds.bytes:
            oldest = next(iter(self._traces))
            self._size -= sum(one.size for one in self._traces.pop(oldest))

    def _keep_slowest(self, span: Span) -> None:
        operation = (span.service, span.name)
        ranked = self._slowest.get(operation)
        if ranked is None:
            if len(self._slowest) >= self._bounds.operations:
                del self._slowest[next(iter(self._slowest))]
            ranked = self._slowest[operation] = []
        if len(ranked) < self._bounds.slowest or span.seconds > ranked[0][0]:
            insort(ranked, (span.seconds, self._added, span))
            del ranked[: -self._bounds.slowest]
