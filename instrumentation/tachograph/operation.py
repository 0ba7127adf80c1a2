"""Operations: `tachograph.operation(name)` as decorator and as context manager, for code of every colour."""

import functools
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar, cast

from opentelemetry.trace import SpanKind

from . import call as calls
from . import given, names
from .colours import wrapper_of
from .guarded import begin, end, enter, leave
from .model import OPERATION_BUCKETS, AttributeValue, Call, Metric, Shape, Subject
from .telemetry.hub import HUB

Function = TypeVar("Function", bound=Callable[..., Any])

_DURATION = "Duration of an operation."
DURATION = Metric(names.OPERATION_DURATION, "histogram", "s", _DURATION, OPERATION_BUCKETS)
ACTIVE = Metric(names.OPERATION_ACTIVE, "updown", "{operation}", "Operations in flight.")


@functools.cache
def _subject(buckets: tuple[float, ...] | None) -> Subject:
    duration = Metric(names.OPERATION_DURATION, "histogram", "s", _DURATION, buckets) if buckets else DURATION
    labels = (names.OPERATION_NAME,)
    return Subject("operation", duration, labels, SpanKind.INTERNAL, target=labels, active=ACTIVE, active_labels=labels)


class Running:
    """An operation under way, as its own code sees it."""

    __slots__ = ("_call",)

    def __init__(self, call: Call | None) -> None:
        self._call = call

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set an attribute of the span."""
        self._annotate({key: value})

    def set_attributes(self, /, **attributes: AttributeValue) -> None:
        """Set attributes of the span."""
        self._annotate(attributes)

    def _annotate(self, attributes: dict[str, AttributeValue]) -> None:
        if self._call is not None:
            try:
                calls.annotate(self._call, given.attributes(attributes))
            except Exception:  # noqa: BLE001 - nothing of ours may reach the application
                HUB.failed("an attribute")

    def add_event(self, name: str, /, **attributes: AttributeValue) -> None:
        """Add an event to the span."""
        if self._call is not None:
            try:
                calls.event(self._call, name, given.attributes(attributes))
            except Exception:  # noqa: BLE001
                HUB.failed("an event")


class operation:  # noqa: N801 - used as a decorator and in `with`
    """Measure a named operation: a span, its duration, its errors by type, how many are in flight.

    As a decorator it takes functions, coroutine functions, generators and async generators; what they return and raise
    stays as it is. `attributes` are the span's alone. `buckets` are the upper bounds in seconds of its histogram.
    """

    __slots__ = ("_shape", "_within")

    def __init__(self, name: str, /, *, buckets: Sequence[float] | None = None, **attributes: AttributeValue) -> None:
        if not isinstance(name, str):
            raise TypeError(f'an operation has a name, as in @tachograph.operation("answer"): {name!r} is none')
        bounds = None if buckets is None else given.bounds(buckets)
        self._shape = _shape(name, bounds) if not attributes else _new_shape(name, bounds, attributes)
        self._within: list[Call | None] = []

    def __enter__(self) -> Running:
        call = begin(self._shape)
        enter(call)
        self._within.append(call)
        return Running(call)

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        call = self._left()
        leave(call)
        end(call, error)

    async def __aenter__(self) -> Running:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, tb)

    def _left(self) -> Call | None:
        # Entered by several tasks at once, it is left in any order: the one that is current is the one that is left.
        try:
            call = calls.innermost()
        except Exception:  # noqa: BLE001
            HUB.failed("leaving an operation")
            call = None
        if call is None or call not in self._within:
            return self._within.pop()
        self._within.remove(call)
        return call

    def __call__(self, function: Function) -> Function:
        """Return the function, measured."""
        if isinstance(function, staticmethod | classmethod):
            return cast("Function", type(function)(self(function.__func__)))
        if not callable(function) or isinstance(function, type):
            raise TypeError(f"tachograph.operation measures functions, and {function!r} is none")
        return cast("Function", functools.wraps(function)(wrapper_of(function)(self._shape, function)))


@functools.lru_cache(maxsize=1024)
def _shape(name: str, buckets: tuple[float, ...] | None) -> Shape:
    return _new_shape(name, buckets, {})


def _new_shape(name: str, buckets: tuple[float, ...] | None, attributes: dict[str, AttributeValue]) -> Shape:
    return Shape(_subject(buckets), name, given.attributes({names.OPERATION_NAME: name, **attributes}))
