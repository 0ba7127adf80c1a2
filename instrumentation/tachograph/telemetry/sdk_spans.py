"""Spans of OpenTelemetry's SDK, made with less: the same sampler, processors, limits and fields, a third of the cost.

This leans on fields of the SDK that are not part of its public API. `fits` therefore makes one span each way on a
provider of its own and compares them; where they differ in anything, spans are made through the public API instead.
"""

from collections.abc import Mapping
from threading import Lock
from time import time_ns
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor, Tracer, TracerProvider
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as ApiSpan

from .. import names
from ..model import NOTHING, Call, Metric, Shape, Subject
from .tracing import SPAN_KEY

_UNSET = Status(StatusCode.UNSET)
_NO_CONTEXT = INVALID_SPAN.get_span_context()


class SdkSpan(Span):
    """A span of the SDK whose attributes are checked and copied only where somebody adds to them."""

    # What newer versions of the SDK have beside; `fits` sees to the rest.
    _record_end_metrics = None

    def __init__(self, tracer: Tracer, shape: Shape, context: SpanContext, parent: SpanContext | None) -> None:
        self._name = shape.name
        self._context = context
        self._parent = parent
        self._kind = shape.subject.span_kind
        self._resource = tracer.resource
        self._instrumentation_info = tracer.instrumentation_info
        self._instrumentation_scope = tracer._instrumentation_scope  # noqa: SLF001 - see the module's docstring
        self._attributes: Any = shape.attributes
        self._events: Any = ()
        self._links: Any = ()
        self._status = _UNSET
        self._start_time = None
        self._end_time = None
        self._sampler = tracer.sampler
        self._trace_config = None
        self._record_exception = True
        self._set_status_on_exception = True
        self._span_processor = tracer.span_processor
        self._limits = tracer._span_limits  # noqa: SLF001
        self._lock = Lock()

    def begin(self, start_time: int, parent_context: Context) -> None:
        """Start: the processors see the span."""
        self._start_time = start_time
        self._span_processor.on_start(self, parent_context=parent_context)

    def finish(self, end_time: int) -> None:
        """End: the processors see the span again, as it is from now on."""
        self._end_time = end_time
        if self._record_end_metrics is not None:
            self._record_end_metrics()
        if hasattr(self._span_processor, "_on_ending"):
            self._span_processor._on_ending(self)  # noqa: SLF001
        self._span_processor.on_end(self)

    def end(self, end_time: int | None = None) -> None:
        """Leave the end to the call."""

    def become(self, shape: Shape) -> None:
        """Take the name and attributes of the shape that the call turned out to have."""
        self._name = shape.name
        self.set_attributes(shape.attributes)

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one attribute."""
        self.set_attributes({key: value})

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes, within the provider's limits."""
        if self._end_time is None:
            limits, given = self._limits, {**self._attributes, **attributes}
            self._attributes = BoundedAttributes(
                limits.max_span_attributes, given, immutable=False, max_value_len=limits.max_span_attribute_length
            )

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Add an event."""
        if self._events == ():
            self._events = self._new_events()  # type: ignore[no-untyped-call] # the SDK's
        super().add_event(name, attributes, timestamp)

    def add_link(self, context: SpanContext, attributes: Any = None) -> None:
        """Add a link."""
        if self._links == ():
            self._links = self._new_links(())
        super().add_link(context, attributes)

    def _readable_span(self) -> "SdkSpan":
        return self


class SdkTracing:
    """Spans through a tracer of the SDK, made with less."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._random = getattr(tracer.id_generator, "is_trace_id_random", bool)
        self._metrics = getattr(tracer, "_tracer_metrics", None)

    def open(self, call: Call, context: Context) -> None:
        """Start a span as the SDK's tracer does (opentelemetry/sdk/trace/__init__.py, Tracer.start_span)."""
        tracer, shape = self._tracer, call.shape
        parent: Any = context.get(SPAN_KEY)
        ids: SpanContext | None = parent.get_span_context() if isinstance(parent, ApiSpan) else None
        if ids is None or not ids.is_valid:
            ids, random = None, self._random()
            trace_id = tracer.id_generator.generate_trace_id()
        else:
            trace_id, random = ids.trace_id, ids.trace_flags & 2
        kind = shape.subject.span_kind
        attributes: Any = shape.attributes
        result: Any = tracer.sampler.should_sample(context, trace_id, shape.name, kind, attributes, ())
        call.sampled = sampled = result.decision.is_sampled()
        call.trace_id, call.span_id = trace_id, tracer.id_generator.generate_span_id()
        flags = _FLAGS[sampled + (2 if random else 0)]
        own = SpanContext(trace_id, call.span_id, False, flags, result.trace_state)  # noqa: FBT003 - not remote
        ended = self._metrics.start_span(ids, result.decision) if self._metrics is not None else None
        if not result.decision.is_recording():
            call.span = NonRecordingSpan(own)
            return
        call.span = span = SdkSpan(tracer, shape, own, ids)
        if result.attributes != attributes:
            span.set_attributes(result.attributes or NOTHING)
        if ended is not None:
            span._record_end_metrics = ended  # noqa: SLF001
        span.begin(call.wall_ns, context)

    def span(self, call: Call) -> ApiSpan:
        """Return the span."""
        span: ApiSpan = call.span
        return span

    def close(self, call: Call) -> None:
        """End the span with all that was learnt."""
        span = call.span
        if not isinstance(span, SdkSpan):
            return
        if call.shape.name is not span.name:
            span.become(call.shape)
        error_type = call.error_type
        if error_type is not None:
            span.set_status(StatusCode.ERROR, error_type)
            span.set_attributes({**(call.attributes or NOTHING), names.ERROR_TYPE: error_type})
        elif call.attributes:
            span.set_attributes(call.attributes)
        for time, name, attributes in call.events or ():
            span.add_event(name, attributes, time)
        span.finish(call.wall_ns + call.duration_ns)


_FLAGS = tuple(TraceFlags(flags) for flags in range(4))


_PROBE = Subject("db", Metric("probe", "histogram", "s", "Probe."), ())


class _Kept(SpanProcessor):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.ended: list[Any] = []

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        self.started.append((type(span).__mro__[-5:], parent_context))

    def on_end(self, span: Any) -> None:
        self.ended.append(span)


def fits() -> bool:
    """Tell whether a span made here is, to processors and exporters, what the SDK in use makes itself."""
    shape = Shape(_PROBE, "probe", {names.OPERATION_NAME: "probe"})
    provider, kept = TracerProvider(shutdown_on_exit=False), _Kept()
    provider.add_span_processor(kept)
    tracer: Any = provider.get_tracer("tachograph")
    now = time_ns()
    public = tracer.start_span(shape.name, Context(), _PROBE.span_kind, dict(shape.attributes), start_time=now)
    fields = vars(public).keys()
    public.set_attributes({"more": [1]})
    public.add_event("event", {"a": "b"}, now)
    public.end(now + 1)
    call = Call(shape, None, now, 0)
    tracing = SdkTracing(tracer)
    tracing.open(call, Context())
    call.attributes, call.events, call.duration_ns = {"more": [1]}, [(now, "event", {"a": "b"})], 1
    same_fields = vars(call.span).keys() == fields
    tracing.close(call)
    first, second = (_told(span) for span in kept.ended)
    return bool(same_fields and first == second and len(kept.started) == 2)


def _told(span: Any) -> tuple[Any, ...]:
    """Return what exporters read of a span, but for its ids."""
    events = [(event.name, dict(event.attributes), event.timestamp) for event in span.events]
    times = (span.start_time, span.end_time)
    flags = span.context.trace_flags
    dropped = (span.dropped_attributes, span.dropped_events, span.dropped_links)
    scope = (span.resource, span.instrumentation_scope)
    told = (span.name, span.kind, span.parent, dict(span.attributes), span.links, span.status.status_code)
    return told, events, times, flags, dropped, scope
