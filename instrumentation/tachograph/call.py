"""The life of a call: begun once, entered around the code below it, finished or failed exactly once."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import partial
from time import perf_counter_ns, time_ns
from typing import Protocol
from weakref import WeakSet

import opentelemetry.context as otel
from opentelemetry.context import Context

from . import names
from .clock import BITS, OWN, Clock, split
from .model import NO_OUTCOME, NOTHING, Attributes, Call, Labels, Metric, Outcome, OwnAttributes, Shape, error_type
from .telemetry.cells import HistogramCell, SumCell
from .telemetry.garbage import GARBAGE
from .telemetry.hub import HUB
from .telemetry.tracing import SPAN_KEY

APART: ContextVar[Call | None] = ContextVar("tachograph_call_apart", default=None)
"""The call that code belongs to where somebody has begun an OpenTelemetry context anew."""
_CALL_KEY = otel.create_key("tachograph-call")
_variable = getattr(getattr(otel, "_RUNTIME_CONTEXT", None), "_current_context", None)
_current_context = _variable.get if isinstance(_variable, ContextVar) else otel.get_current
_attach = _variable.set if isinstance(_variable, ContextVar) else otel.attach
_detach = _variable.reset if isinstance(_variable, ContextVar) else otel.detach
_SUPPRESSING = ("logfire.",)  # whose spans of calls of models suppress all that is measured below them
_SUPPRESSED = getattr(otel, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation")


class Open(Protocol):
    """Something that holds a call open between two steps of it: a stream, a generator."""

    def end(self) -> None:
        """End the call with what was seen so far."""


OPEN: "WeakSet[Open]" = WeakSet()
"""What is ended when telemetry is shut down, which at the latest is when the process ends."""

_TIME = Metric(names.OPERATION_TIME, "counter", "s", "Where the time of entry operations went.")
_FAILURES = Metric(names.CONSECUTIVE_FAILURES, "gauge", "{failure}", "Failures of a target since its last success.")


def begin(shape: Shape, spans: bool = True) -> Call | None:  # noqa: FBT001, FBT002 - on the hot path
    """Begin a call; None where an outer call of the same kind counts it, or where OpenTelemetry is suppressed.

    None in a finaliser too, whose caller may hold any lock. Without `spans` the call has metrics alone: somebody else
    makes its span.
    """
    if (GARBAGE.thread or GARBAGE.postponed) and GARBAGE.busy():
        return None
    context, outer = _current_context(), APART.get()
    if context:
        outer = context.get(_CALL_KEY, outer)  # type: ignore[assignment] # the key is ours alone
        told = _told(context, outer, shape)
        if told is None:
            return None
        spans = spans and told
    if shape.duration is None:
        _bind(shape)
    call = Call(shape, outer, time_ns(), perf_counter_ns())
    if spans:
        HUB.tracing.open(call, context)
    else:
        HUB.revive()
    if shape.active is not None:
        shape.active.begin()
    if outer is not None or shape.times is not None:
        _join(call, outer)
    return call


def enter(call: Call) -> None:
    """Make the call current, for the code below it; `leave` in the same context."""
    if call.span_id:
        context = Context(_current_context(), **{_CALL_KEY: call, SPAN_KEY: HUB.tracing.span(call)})
    else:
        context = Context(_current_context(), **{_CALL_KEY: call})
    call.token = _attach(context)


def leave(call: Call) -> None:
    """Undo `enter`."""
    token, call.token = call.token, None
    if token is not None:
        try:  # noqa: SIM105 - `suppress` takes longer than the rest
            _detach(token)
        except ValueError:
            pass  # a generator's `with` is left in another context than it was entered in, which is no error of ours


def finish(call: Call, outcome: Outcome = NO_OUTCOME) -> None:
    """End a call: its span and its metrics, from one measurement. A second end has no effect."""
    if call.ended:
        return
    call.ended = True
    ended_ns = call.paused_ns or perf_counter_ns()
    call.duration_ns = ended_ns - call.started_ns - call.idle_ns
    if GARBAGE.thread and GARBAGE.collecting_here():
        GARBAGE.postponed.append(partial(_finish, call, outcome, ended_ns))
    else:
        _finish(call, outcome, ended_ns)


def fail(call: Call, error: BaseException, outcome: Outcome = NO_OUTCOME) -> None:
    """End a call that raised."""
    if call.error_type is None and outcome.error_type is None:
        call.error_type = error_type(error)
    finish(call, outcome)


def chunks(call: Call, outcome: Outcome, first_ns: int, gaps_ns: Iterable[int]) -> None:
    """Record when the chunks of a stream came; before the call ends."""
    shape, subject = call.shape, call.shape.subject
    if subject.first_chunk is not None:
        cell = _histogram(shape, subject.first_chunk, outcome.labels)
        cell.record((first_ns - call.started_ns) / 1e9, call)
    if subject.per_chunk is not None:
        cell = _histogram(shape, subject.per_chunk, outcome.labels)
        cell.record_all([gap_ns / 1e9 for gap_ns in gaps_ns])


def innermost() -> Call | None:
    """Return the call that this code runs within."""
    return _current_context().get(_CALL_KEY, APART.get())  # type: ignore[return-value] # the key is ours alone


def current(kind: str) -> Call | None:
    """Return the innermost call of that kind that this code runs within."""
    call = innermost()
    while call is not None and call.shape.subject.kind != kind:
        call = call.outer
    return call


def event(call: Call, name: str, attributes: Attributes = NOTHING) -> None:
    """Add an event to the span of a call that goes on."""
    if call.sampled and not call.ended:
        call.events = [*(call.events or ()), (time_ns(), name, attributes)]


def annotate(call: Call, attributes: Attributes) -> None:
    """Add attributes to the span of a call that goes on."""
    if call.sampled and not call.ended:
        call.attributes = {**(call.attributes or NOTHING), **attributes}


def count(call: Call, metric: Metric, value: float, labels: Labels = ()) -> None:
    """Record one further measurement of a call now, with the call's labels and those given."""
    _record(call.shape, metric, value, labels, call)


def bound(shape: Shape) -> Shape:
    """Return a shape ready for a call that took it up after its beginning."""
    if shape.duration is None:
        _bind(shape)
    return shape


def end_open() -> None:
    """End what is open."""
    for one in list(OPEN):
        try:
            one.end()
        except Exception:  # noqa: BLE001 - the next one has a right to its end
            HUB.failed("ending what was open")


HUB.before_stop = end_open


def _told(context: Context, outer: Call | None, shape: Shape) -> bool | None:
    """Return whether a call is a span, which False says another's is; None where it is not measured at all."""
    kind = shape.subject.kind
    if outer is not None and outer.shape.subject.kind == kind != "operation":
        return None
    if not (context.get(_SUPPRESSED) or context.get("suppress_instrumentation")):
        return True
    scope = getattr(context.get(SPAN_KEY), "instrumentation_scope", None)
    return False if kind == "llm" and str(getattr(scope, "name", "")).startswith(_SUPPRESSING) else None


def _join(call: Call, outer: Call | None) -> None:
    """Say whose time the call's is: that of the entry operation it is within, or its own where it is one."""
    entry = outer.entry if outer is not None else None
    if entry is not None:
        call.entry = entry
        if entry.clock is None:
            entry.clock = Clock(entry.started_ns)
        entry.clock.begin(BITS[call.shape.subject.kind], call.started_ns)
    elif call.shape.subject.kind == "operation":
        call.entry = call


def _finish(call: Call, outcome: Outcome, ended_ns: int) -> None:
    shape = call.shape
    attributes, labels, points, error_type = outcome
    if error_type is not None:
        call.error_type = error_type
    if attributes:
        call.attributes = _together(call.attributes, attributes)
    if call.error_type is not None or shape.failures.last != 0:
        labels = _judged(call, labels)
    cell = _histogram(shape, shape.subject.duration, labels) if labels else shape.duration
    cell.record(call.duration_ns / 1e9, call)
    for point in points:
        _record(shape, point.metric, point.value, (*outcome.labels, *point.labels), call)
    if shape.subject.ended is not None:
        _tell(shape.subject.ended, call, outcome)
    if call.entry is not None or shape.active is not None:
        _account(call, ended_ns)
    if call.span_id:
        HUB.tracing.close(call)
    # No reference cycle is left to the garbage collector, and a call that waits to be sent keeps nothing alive.
    call.outer = call.entry = call.clock = call.span = call.repeats = None


def _tell(listener: Callable[[Call, Outcome], None], call: Call, outcome: Outcome) -> None:
    try:
        listener(call, outcome)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("the end of a call")


def _together(known: Attributes | None, more: Attributes) -> Attributes:
    if not known:
        return more
    if type(known) is OwnAttributes and isinstance(more, OwnAttributes):
        known.update(more)
        return known
    return {**known, **more}


def _judged(call: Call, labels: Labels) -> Labels:
    """Count failures of the call's target that follow each other, and return the labels with the error's."""
    failures = call.shape.failures
    if call.error_type is None:
        failures.last = 0
        return labels
    failures.last = (failures.last or 0) + 1
    return (*labels, (names.ERROR_TYPE, call.error_type))


def _account(call: Call, ended_ns: int) -> None:
    shape, entry = call.shape, call.entry
    if shape.active is not None:
        shape.active.end()
    if entry is call:
        if call.clock is None:
            shape.times.add(call.duration_ns / 1e9)
            return
        for kind, seconds in split(call.clock, ended_ns).items():
            _time(shape, kind).add(seconds)
    elif entry is not None and not entry.ended and not call.paused_ns:
        entry.clock.end(BITS[shape.subject.kind], ended_ns)


def _bind(shape: Shape) -> None:
    subject, registry = shape.subject, HUB.registry
    if subject.active is not None:
        shape.active = registry.active(subject.active, shape.labels_of(subject.active_labels))
    if subject.kind == "operation":
        shape.times = _time(shape, OWN)
    target = ((names.TARGET_KIND, subject.kind), *shape.labels_of(subject.target))
    shape.failures = registry.gauge(_FAILURES, target)
    shape.duration = registry.histogram(subject.duration, shape.labels)


def _histogram(shape: Shape, metric: Metric, labels: Labels) -> HistogramCell:
    key = (metric, labels)
    cell: HistogramCell | None = shape.bound.get(key)
    if cell is None:
        cell = shape.bound[key] = HUB.registry.histogram(metric, (*shape.labels, *labels))
    return cell


def _time(shape: Shape, kind: str) -> SumCell:
    cell: SumCell | None = shape.bound.get(kind)
    if cell is None:
        labels = (*shape.labels_of(shape.subject.target), (names.TIME_KIND, kind))
        cell = shape.bound[kind] = HUB.registry.sum(_TIME, labels)
    return cell


def _record(shape: Shape, metric: Metric, value: float, labels: Labels, call: Call) -> None:
    if metric.kind == "histogram":
        _histogram(shape, metric, labels).record(value, call)
    else:
        key = (metric, labels)
        if key not in shape.bound:
            shape.bound[key] = HUB.registry.sum(metric, (*shape.labels, *labels))
        shape.bound[key].add(value)
