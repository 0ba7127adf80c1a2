"""A whole request of any signal: taken in, and answered."""

from collections import Counter

from google.protobuf.message import DecodeError

from ..store import Store
from ..store.refusal import EXPLANATIONS, HARMLESS, Reason
from ..store.traces import Traces
from .answer import JSON, Answer, accepted
from .jsonbody import to_protobuf
from .metrics import MetricsIntake
from .options import Options
from .outline import Malformed, check_size
from .spans import SpanIntake
from .wire import LogsRequest


class Intake:
    """Takes requests whose body is there, however they came."""

    def __init__(self, store: Store, traces: Traces, options: Options) -> None:
        self._store = store
        self._metrics = MetricsIntake(store, options)
        self._spans = SpanIntake(traces)

    def take(self, signal: str, body: bytes, content_type: str) -> Answer:
        """Keep what the request brings and return the answer; raise Malformed where it is no request."""
        if content_type == JSON:
            body = to_protobuf(signal, body)
        if signal == "metrics":
            rejected, message = _rejected(self._metrics.take(body).refused)
            return accepted(content_type, rejected=rejected, message=message)
        if signal == "traces":
            taken = self._spans.take(body)
            with self._store.lock:
                self._store.tally.points["traces"] += taken
            return accepted(content_type, counts="rejectedSpans")
        return accepted(
            content_type, rejected=_log_records(body), message="Tachograph keeps no logs", counts="rejectedLogRecords"
        )


def _rejected(refused: Counter[Reason]) -> tuple[int, str]:
    """Return how many points the sender must be told of, and why they were not counted."""
    told = {reason: count for reason, count in refused.items() if count and reason not in HARMLESS}
    return sum(told.values()), "; ".join(f"{count}: {EXPLANATIONS[reason]}" for reason, count in told.items())


def _log_records(body: bytes) -> int:
    check_size("logs", body)
    try:
        request = LogsRequest.FromString(body)
    except DecodeError:
        raise Malformed("the body is not an ExportLogsServiceRequest in protobuf") from None
    return sum(len(scope.records) for resource in request.resources for scope in resource.scopes)
