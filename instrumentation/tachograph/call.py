"""The life of a call: begun once, entered around the code below it, finished or failed exactly once. Never raises."""

from collections.abc import Iterable
from contextvars import ContextVar, Token
from time import perf_counter_ns, time_ns
from typing import Any

import opentelemetry.context as otel
from opentelemetry.trace import set_span_in_context

from . import names
from .model import NO_OUTCOME, NOTHING, Attributes, Call, Labels, Metric, Outcome, Shape
from .telemetry.cells import HistogramCell
from .telemetry.hub import HUB

CURRENT: ContextVar[Call | None] = ContextVar("tachograph_call", default=None)
_SUPPRESSED = getattr(otel, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation")

Tokens = tuple[Token[Call | None], Any]


def begin(shape: Shape) -> Call | None:
    """Begin a call; None where an outer call of the same kind counts it, or where OpenTelemetry is suppressed."""
    outer = CURRENT.get()
    if outer is not None and outer.shape.subject is shape.subject and shape.subject.kind != "operation":
        return None
    context = otel.get_current()
    if context and (context.get(_SUPPRESSED) or context.get("suppress_instrumentation")):
        return None
    call = Call(shape, context, outer, time_ns(), perf_counter_ns())
    HUB.tracing.open(call)
    return call


def enter(call: Call) -> Tokens:
    """Make the call current, for what runs below it; hand what this returns to `leave` in the same context."""
    span = HUB.tracing.span(call)
    return CURRENT.set(call), otel.attach(set_span_in_context(span))


def leave(tokens: Tokens) -> None:
    """Undo `enter`."""
    otel.detach(tokens[1])
    CURRENT.reset(tokens[0])


def finish(call: Call, outcome: Outcome = NO_OUTCOME) -> None:
    """End a call: its span and its metrics, from one measurement. A second end has no effect."""
    if call.ended:
        return
    call.duration_ns = perf_counter_ns() - call.started_ns
    call.ended = True
    if outcome.error_type is not None:
        call.error_type = outcome.error_type
    if outcome.attributes:
        call.attributes = {**(call.attributes or NOTHING), **outcome.attributes}
    HUB.tracing.close(call)
    labels = outcome.labels
    if call.error_type is not None:
        labels = (*labels, (names.ERROR_TYPE, call.error_type))
    shape = call.shape
    _histogram(shape, shape.subject.duration, labels).record(call.duration_ns / 1e9, call)
    for point in outcome.points:
        _record(shape, point.metric, point.value, (*outcome.labels, *point.labels), call)
    call.context = call.outer = None


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
        for gap_ns in gaps_ns:
            cell.record(gap_ns / 1e9, call)


def current(kind: str) -> Call | None:
    """Return the innermost call of that kind that this code runs within."""
    call = CURRENT.get()
    while call is not None and call.shape.subject.kind != kind:
        call = call.outer
    return call


def event(call: Call, name: str, attributes: Attributes = NOTHING) -> None:
    """Add an event to the span of a call that goes on."""
    if call.sampled and not call.ended:
        call.events = [*(call.events or ()), (time_ns(), name, attributes)]


def count(call: Call, metric: Metric, value: float, labels: Labels = ()) -> None:
    """Record one further measurement of a call now, with the call's labels and those given."""
    _record(call.shape, metric, value, labels, call)


def error_type(error: BaseException) -> str:
    """Return the type of an error: "timeout" for all timeouts, else the class."""
    name = type(error).__qualname__
    return "timeout" if isinstance(error, TimeoutError) or "Timeout" in name else name


def _histogram(shape: Shape, metric: Metric, labels: Labels) -> HistogramCell:
    key = (metric, labels)
    cell: HistogramCell | None = shape.bound.get(key)
    if cell is None:
        cell = shape.bound[key] = HUB.registry.histogram(metric, (*shape.labels, *labels))
    return cell


def _record(shape: Shape, metric: Metric, value: float, labels: Labels, call: Call) -> None:
    if metric.kind == "histogram":
        _histogram(shape, metric, labels).record(value, call)
        return
    key = (metric, labels)
    cell = shape.bound.get(key)
    if cell is None:
        cell = shape.bound[key] = HUB.registry.sum(metric, (*shape.labels, *labels))
    cell.add(value)
