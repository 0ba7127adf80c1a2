"""A whole request of any signal: taken in, and answered. HTTP and gRPC meet here."""

import asyncio
from http import HTTPStatus

from google.protobuf.message import DecodeError

from ..store import Store
from ..store.refusal import EXPLANATIONS, HARMLESS
from ..store.traces import Traces
from .answer import JSON, PROTOBUF, Answer, Refusal, accepted
from .body import Room
from .jsonbody import to_protobuf
from .metrics import MetricsIntake, Outcome
from .options import Options
from .outline import Malformed, TooMany, check_size
from .spans import SpanIntake
from .wire import LogsRequest

_IN_PLACE_BYTES = {PROTOBUF: 1024 * 1024, JSON: 32 * 1024}  # what is larger is read in a thread, one at a time


class Intake:
    """Takes requests whose body is there, however they came."""

    def __init__(self, store: Store, traces: Traces, options: Options) -> None:
        self.options = options
        self.tally = store.tally
        self.room = Room(options.waiting_bytes, retry_seconds=options.retry_seconds)
        self._metrics = MetricsIntake(store, options)
        self._spans = SpanIntake(traces)
        self._large = asyncio.Lock()

    def check(self, signal: str) -> None:
        """Refuse a signal that is switched off."""
        if not getattr(self.options, signal, True):
            raise Refusal(HTTPStatus.NOT_FOUND, f"this exporter is configured to take no {signal}", close=True)

    async def take(self, signal: str, body: bytes, content_type: str) -> Answer:
        """Keep what the request brings and return the answer; raise Refusal where it is no request."""
        if len(body) <= _IN_PLACE_BYTES[content_type]:
            return self._take(signal, body, content_type)
        async with self._large:
            return await asyncio.to_thread(self._take, signal, body, content_type)

    def _take(self, signal: str, body: bytes, content_type: str) -> Answer:
        try:
            if content_type == JSON:
                body = to_protobuf(signal, body)
            rejected, message = _TAKERS[signal](self, body)
        except Malformed as malformed:
            raise Refusal(HTTPStatus.BAD_REQUEST, str(malformed)) from None
        except TooMany as many:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(many)) from None
        return accepted(signal, content_type, rejected, message)

    def _take_metrics(self, body: bytes) -> tuple[int, str]:
        return _told(self._metrics.take(body))

    def _take_traces(self, body: bytes) -> tuple[int, str]:
        self.tally.accepted("traces", self._spans.take(body))
        return 0, ""

    def _take_logs(self, body: bytes) -> tuple[int, str]:
        check_size("logs", body)
        try:
            request = LogsRequest.FromString(body)
        except DecodeError:
            raise Malformed("the body is not an ExportLogsServiceRequest in protobuf") from None
        records = sum(len(scope.records) for resource in request.resources for scope in resource.scopes)
        return records, "Tachograph keeps no logs"


_TAKERS = {"metrics": Intake._take_metrics, "traces": Intake._take_traces, "logs": Intake._take_logs}  # noqa: SLF001 - its own


def _told(outcome: Outcome) -> tuple[int, str]:
    """Return how many points the sender must be told of, why they were not counted, and a metric for each reason."""
    told = {reason: count for reason, count in outcome.refused.items() if count and reason not in HARMLESS}
    reasons = [f"{count}: {EXPLANATIONS[reason]}{_named(outcome.first[reason])}" for reason, count in told.items()]
    return sum(told.values()), "; ".join(reasons)


def _named(metric: str) -> str:
    return f" ({metric})" if metric else ""
