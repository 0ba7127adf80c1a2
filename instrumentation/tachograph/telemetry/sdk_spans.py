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
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as ApiSpan

from .. import names
from ..model import NOTHING, Attributes, Call, Metric, OwnAttributes, Shape, Subject
from .tracing import SPAN_KEY

_UNSET = Status(StatusCode.UNSET)


class SdkSpan(Span):
    """A span of the SDK whose attributes are checked and copied only where somebody adds to them."""

    # What newer versions of the SDK have beside; `fits` sees to the rest.
    _record_end_metrics = None
    _attributes: Any

    def __init__(self, fields: Mapping[str, Any], context: SpanContext, parent: SpanContext | None) -> None:
        self.__dict__.update(fields)
        self._context = context
        self._parent = parent
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

    def learn(self, shape: Shape, attributes: Attributes) -> None:
        """Take what a call's end tells: unchecked where it is ours and the span has nothing but its shape's."""
        if self._attributes is shape.attributes and isinstance(attributes, OwnAttributes) and self._fit(attributes):
            self._attributes = {**shape.attributes, **attributes}
        else:
            self.set_attributes(attributes)

    def _fit(self, attributes: Attributes) -> bool:
        limits, number = self._limits, len(self._attributes) + len(attributes)
        return limits.max_span_attribute_length is None and number <= (limits.max_span_attributes or number)

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
        self._ids = tracer.id_generator
        self._random = getattr(tracer.id_generator, "is_trace_id_random", bool)
        self._metrics = _counting(getattr(tracer, "_tracer_metrics", None))
        self._takes_all = _takes_all(tracer.sampler)
        self._resource = _Resource(tracer.resource)

    def open(self, call: Call, context: Context) -> None:
        """Start a span as the SDK's tracer does (opentelemetry/sdk/trace/__init__.py, Tracer.start_span)."""
        shape = call.shape
        parent: Any = context.get(SPAN_KEY)
        ids: SpanContext | None = None
        if parent is not None and isinstance(parent, ApiSpan):
            ids = parent.get_span_context()
        if ids is None or not ids.is_valid:
            ids, random = None, self._random()
            trace_id = self._ids.generate_trace_id()
        else:
            trace_id, random = ids.trace_id, ids.trace_flags & 2
        call.trace_id, call.span_id = trace_id, self._ids.generate_span_id()
        if self._metrics is None and self._takes_all and (ids is None or ids.trace_flags & 1):
            call.sampled, state = True, None if ids is None else ids.trace_state
            own = SpanContext(trace_id, call.span_id, False, _FLAGS[3 if random else 1], state)  # noqa: FBT003 - not remote
            span = SdkSpan(shape.bound.get(self) or self._fields(shape), own, ids)
        else:
            made = self._decided(call, context, ids, 2 if random else 0)
            if made is None:
                return
            span = made
        call.span = span
        span.begin(call.wall_ns, context)

    def _decided(self, call: Call, context: Context, ids: SpanContext | None, random: int) -> SdkSpan | None:
        """Ask the sampler, and count where the SDK is to count its spans."""
        shape = call.shape
        attributes: Any = shape.attributes
        result: Any = self._tracer.sampler.should_sample(
            context, call.trace_id, shape.name, shape.subject.span_kind, attributes, ()
        )
        call.sampled = sampled = result.decision.is_sampled()
        own = SpanContext(call.trace_id, call.span_id, False, _FLAGS[sampled + random], result.trace_state)  # noqa: FBT003
        ended = self._metrics.start_span(ids, result.decision) if self._metrics is not None else None
        if not result.decision.is_recording():
            call.span = NonRecordingSpan(own)
            return None
        span = SdkSpan(shape.bound.get(self) or self._fields(shape), own, ids)
        if result.attributes != attributes:
            span.set_attributes(result.attributes or NOTHING)
        if ended is not None:
            span._record_end_metrics = ended  # noqa: SLF001
        return span

    def _fields(self, shape: Shape) -> dict[str, Any]:
        """Return what all spans of a shape have alike."""
        tracer = self._tracer
        fields: dict[str, Any] = {
            "_name": shape.name,
            "_kind": shape.subject.span_kind,
            "_resource": self._resource,
            "_instrumentation_info": tracer.instrumentation_info,
            "_instrumentation_scope": tracer._instrumentation_scope,  # noqa: SLF001 - see the module's docstring
            "_attributes": shape.attributes,
            "_events": (),
            "_links": (),
            "_status": _UNSET,
            "_start_time": None,
            "_end_time": None,
            "_sampler": tracer.sampler,
            "_trace_config": None,
            "_record_exception": True,
            "_set_status_on_exception": True,
            "_span_processor": tracer.span_processor,
            "_limits": tracer._span_limits,  # noqa: SLF001
        }
        if hasattr(tracer, "_tracer_metrics"):
            fields["_record_end_metrics"] = None
        shape.bound[self] = fields
        return fields

    def span(self, call: Call) -> ApiSpan:
        """Return the span."""
        span: ApiSpan = call.span
        return span

    def close(self, call: Call) -> None:
        """End the span with all that was learnt."""
        span = call.span
        if type(span) is not SdkSpan:
            return
        if call.shape.name is not span._name:  # noqa: SLF001
            span.become(call.shape)
        error_type = call.error_type
        if error_type is not None:
            span.set_status(StatusCode.ERROR, error_type)
            span.set_attributes({**(call.attributes or NOTHING), names.ERROR_TYPE: error_type})
        elif call.attributes:
            span.learn(call.shape, call.attributes)
        for time, name, attributes in call.events or ():
            span.add_event(name, attributes, time)
        span.finish(call.wall_ns + call.duration_ns)


_FLAGS = tuple(TraceFlags(flags) for flags in range(4))


class _Resource(Resource):
    """The provider's resource, hashed once: exporters group spans by it, and its own hash takes 3 us a span."""

    def __init__(self, resource: Resource) -> None:
        self.__dict__.update(vars(resource))
        self._hash = hash(resource)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)


def _takes_all(sampler: Any) -> bool:
    """Tell whether a sampler takes every call but those whose caller was not taken, and adds nothing to them."""
    takers = ("_root", "_local_parent_sampled", "_remote_parent_sampled")
    return type(sampler) is ParentBased and all(getattr(sampler, taker, None) is ALWAYS_ON for taker in takers)


def _counting(metrics: Any) -> Any:
    """Return what counts the SDK's spans; None where it is not asked to."""
    return None if metrics is None or type(metrics).__name__.startswith("NoOp") else metrics


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
