"""The two ways a span can go: through Tachograph's pipeline, or through the application's own tracer provider."""

from collections.abc import Mapping
from time import time_ns
from typing import Any, Protocol

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    TraceState,
    get_current_span,
    set_span_in_context,
)

from .. import names
from ..model import NOTHING, Call
from ..version import __version__
from .pipeline import Pipeline
from .sampling import Sampler, random_bits

# The bit of OTLP's span flags that says "the parent is in another process".
_REMOTE = 0x200
SPAN_KEY = next(iter(set_span_in_context(INVALID_SPAN, Context())))


class Tracing(Protocol):
    """Opens a call's span, shows it to the code below where that may want a parent, and closes it."""

    def open(self, call: Call, context: Context) -> None:
        """Decide on sampling and give the call its ids."""

    def span(self, call: Call) -> Span:
        """Return the call's span as the code below it is to see it."""

    def close(self, call: Call) -> None:
        """End the span of a call."""


class LeanSpan(Span):
    """A call of ours as OpenTelemetry's API sees it, so that others find their parent and set attributes."""

    __slots__ = ("_context", "call", "state")

    def __init__(self, call: Call, state: TraceState | None = None) -> None:
        self.call = call
        self.state = state
        self._context: SpanContext | None = None

    def get_span_context(self) -> SpanContext:
        """Return the ids; made when first asked for."""
        if self._context is None:
            call = self.call
            flags = TraceFlags(call.sampled)
            self._context = SpanContext(call.trace_id, call.span_id, False, flags, self.state)  # noqa: FBT003
        return self._context

    def is_recording(self) -> bool:
        """Tell whether attributes still have an effect."""
        return self.call.sampled and not self.call.ended

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one attribute."""
        self.set_attributes({key: value})

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes."""
        if self.is_recording():
            self.call.attributes = {**(self.call.attributes or NOTHING), **attributes}

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Add an event."""
        if self.is_recording():
            self.call.events = [*(self.call.events or ()), (timestamp or time_ns(), name, attributes or NOTHING)]

    def update_name(self, name: str) -> None:
        """Keep the name: it is the operation's, and its metrics bear it too."""

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Take note of an error: it is the span's, and its words are no label of a metric."""
        code = status.status_code if isinstance(status, Status) else status
        if self.is_recording():
            told = status.description if isinstance(status, Status) else description
            self.call.status = (told or "") if code is StatusCode.ERROR else None

    def record_exception(
        self,
        exception: BaseException,
        attributes: Any = None,
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: FBT001, FBT002, ARG002 - the API's signature
    ) -> None:
        """Add an exception as an event."""
        given = {"exception.type": type(exception).__qualname__, "exception.message": str(exception)}
        self.add_event("exception", {**given, **(attributes or NOTHING)}, timestamp)

    def end(self, end_time: int | None = None) -> None:
        """Leave the end to the call."""


class LeanTracing:
    """Spans through Tachograph's own pipeline."""

    def __init__(self, pipeline: Pipeline, sampler: Sampler) -> None:
        self._put = pipeline.put
        self._sampler = sampler

    def open(self, call: Call, context: Context) -> None:
        """Decide on sampling and give the call its ids."""
        parent = context.get(SPAN_KEY) if context else None
        if parent is None:
            call.trace_id = trace_id = random_bits(128) or 1
            call.sampled = self._sampler(None, trace_id)
        elif isinstance(parent, LeanSpan):
            outer = parent.call
            call.trace_id, call.parent_id = outer.trace_id, outer.span_id
            call.sampled = self._sampler(outer.sampled, call.trace_id)
            if parent.state is not None:
                call.span = LeanSpan(call, parent.state)
        else:
            self._join(call, parent)
        call.span_id = random_bits(64) or 1

    def span(self, call: Call) -> Span:
        """Return the call in the shape of OpenTelemetry's API."""
        if call.span is None:
            call.span = LeanSpan(call)
        span: Span = call.span
        return span

    def close(self, call: Call) -> None:
        """Hand the call to the pipeline."""
        if call.sampled:
            self._put(call)

    def _join(self, call: Call, parent: object) -> None:
        context = parent.get_span_context() if isinstance(parent, Span) else None
        if context is not None and context.is_valid:
            call.trace_id, call.parent_id = context.trace_id, context.span_id
            call.flags = _REMOTE if context.is_remote else 0
            if context.trace_state:  # others' along the way, which goes on with the trace
                call.span = LeanSpan(call, context.trace_state)
            call.sampled = self._sampler(bool(context.trace_flags & TraceFlags.SAMPLED), call.trace_id)
        else:
            call.trace_id = random_bits(128) or 1
            call.sampled = self._sampler(None, call.trace_id)


class ApiTracing:
    """Spans through the tracer provider that the application set up: its samplers and processors see them."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def open(self, call: Call, context: Context) -> None:
        """Start a span of the application's provider."""
        shape = call.shape
        span = self._tracer.start_span(
            shape.name, context, shape.subject.span_kind, shape.attributes, start_time=call.wall_ns
        )
        ids = span.get_span_context()
        call.span, call.sampled = span, bool(ids.trace_flags & TraceFlags.SAMPLED)
        call.trace_id, call.span_id = ids.trace_id, ids.span_id

    def span(self, call: Call) -> Span:
        """Return the provider's span."""
        span: Span = call.span
        return span

    def close(self, call: Call) -> None:
        """End the span with all that was learnt."""
        span = call.span
        if span is None:
            return
        if span.is_recording():
            span.update_name(call.shape.name)
            span.set_attributes(call.shape.attributes)
            if call.attributes:
                span.set_attributes(call.attributes)
            for time, name, attributes in call.events or ():
                span.add_event(name, attributes, time)
            if call.error_type is not None:
                span.set_attribute(names.ERROR_TYPE, call.error_type)
                span.set_status(StatusCode.ERROR, call.error_type)
        span.end(call.wall_ns + call.duration_ns)


def through(provider: TracerProvider) -> Tracing:
    """Return the way through the application's provider: with less where it is an SDK that is known to fit."""
    tracer: Any = provider.get_tracer("tachograph", __version__)
    if type(tracer).__module__.startswith("opentelemetry.sdk."):
        try:
            from .sdk_spans import SdkTracing, fits  # noqa: PLC0415 - only where the application has loaded the SDK

            if fits():
                return SdkTracing(tracer)
        except Exception:  # noqa: BLE001 - an SDK with other insides: the public API serves it
            return ApiTracing(tracer)
    return ApiTracing(tracer)


class NoTracing:
    """Spans go nowhere: there is no receiver for them, or everything was shut down."""

    def open(self, call: Call, context: Context) -> None:
        """Give the call no ids."""

    def span(self, _call: Call) -> Span:
        """Hand on the parent."""
        return get_current_span()

    def close(self, call: Call) -> None:
        """Do nothing."""
