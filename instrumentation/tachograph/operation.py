"""Operations: `tachograph.operation(name)` as decorator and as context manager, for code of every colour."""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from types import CoroutineType, TracebackType
from typing import Any, Self, TypeVar, cast

from opentelemetry.trace import SpanKind

from . import call as calls
from . import names
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
        self.set_attributes(**{key: value})

    def set_attributes(self, **attributes: AttributeValue) -> None:
        """Set attributes of the span."""
        if self._call is not None:
            try:
                calls.annotate(self._call, attributes)
            except Exception:  # noqa: BLE001 - nothing of ours may reach the application
                HUB.failed("an attribute")

    def add_event(self, name: str, **attributes: AttributeValue) -> None:
        """Add an event to the span."""
        if self._call is not None:
            try:
                calls.event(self._call, name, attributes)
            except Exception:  # noqa: BLE001
                HUB.failed("an event")


class operation:  # noqa: N801 - used as a decorator and in `with`
    """Measure a named operation: a span, its duration, its errors by type, how many are in flight.

    As a decorator it takes functions, coroutine functions, generators and async generators; what they return and raise
    stays as it is. `attributes` are the span's alone. `buckets` are the upper bounds in seconds of its histogram.
    """

    __slots__ = ("_shape", "_within")

    def __init__(self, name: str, /, *, buckets: tuple[float, ...] | None = None, **attributes: AttributeValue) -> None:
        self._shape = _shape(name, buckets) if not attributes else _new_shape(name, buckets, attributes)
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
        return cast("Function", functools.wraps(function)(_wrapper(function)(self._shape, function)))


@functools.lru_cache(maxsize=1024)
def _shape(name: str, buckets: tuple[float, ...] | None) -> Shape:
    return _new_shape(name, buckets, {})


def _new_shape(name: str, buckets: tuple[float, ...] | None, attributes: dict[str, AttributeValue]) -> Shape:
    return Shape(_subject(tuple(buckets) if buckets else None), name, {names.OPERATION_NAME: name, **attributes})


def begin(shape: Shape) -> Call | None:
    """Begin an operation; None where it is not measured. Like all below, it never raises."""
    try:
        return calls.begin(shape)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("the beginning of an operation")
        return None


def enter(call: Call | None) -> None:
    """Make an operation current."""
    if call is not None:
        try:
            calls.enter(call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering an operation")


def leave(call: Call | None) -> None:
    """Make an operation current no longer."""
    if call is not None:
        try:
            calls.leave(call)
        except Exception:  # noqa: BLE001
            HUB.failed("leaving an operation")


def end(call: Call | None, error: BaseException | None = None) -> None:
    """End an operation, once."""
    if call is None or call.ended:
        return
    try:
        if error is None or isinstance(error, GeneratorExit):
            calls.finish(call)
        else:
            _note(call, error)
            calls.fail(call, error)
    except Exception:  # noqa: BLE001
        HUB.failed("the end of an operation")


def _note(call: Call, error: BaseException) -> None:
    if call.sampled:
        module, name = type(error).__module__, type(error).__qualname__
        kind = name if module == "builtins" else f"{module}.{name}"
        calls.event(call, "exception", {"exception.type": kind, "exception.message": str(error)})


def _wrapper(function: Callable[..., Any]) -> Callable[[Shape, Callable[..., Any]], Callable[..., Any]]:
    if inspect.isasyncgenfunction(function):
        return _async_generator
    if inspect.iscoroutinefunction(function):
        return _coroutine
    return _generator if inspect.isgeneratorfunction(function) else _function


def _function(shape: Shape, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = begin(shape)
        enter(call)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            leave(call)
            end(call, error)
            raise
        leave(call)
        if type(result) is CoroutineType:
            return _awaited(call, result)
        end(call)
        return result

    return wrapper


async def _awaited(call: Call | None, coroutine: Coroutine[Any, Any, Any]) -> Any:
    enter(call)
    try:
        result = await coroutine
    except BaseException as error:
        leave(call)
        end(call, error)
        raise
    leave(call)
    end(call)
    return result


def _coroutine(shape: Shape, function: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await _awaited(begin(shape), function(*args, **kwargs))

    return wrapper


def _generator(shape: Shape, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator, call = function(*args, **kwargs), begin(shape)
        steps = _Steps(generator, call)
        try:
            result = yield from steps
        except BaseException as error:
            end(call, error)
            raise
        end(call)
        return result

    return wrapper


class _Steps:
    """A generator whose every step runs with its operation current, and nothing is current between steps."""

    def __init__(self, generator: Generator[Any, Any, Any], call: Call | None) -> None:
        self._generator = generator
        self._call = call
        calls.OPEN.add(self)

    def end(self) -> None:
        """End the operation, as the process does before the generator does."""
        end(self._call)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self._step(self._generator.__next__)

    def send(self, value: Any) -> Any:
        """Send a value into the generator."""
        return self._step(self._generator.send, value)

    def throw(self, *error: Any) -> Any:
        """Throw an error into the generator."""
        return self._step(self._generator.throw, *error)

    def close(self) -> None:
        """Close the generator."""
        self._step(self._generator.close)

    def _step(self, step: Callable[..., Any], *arguments: Any) -> Any:
        enter(self._call)
        try:
            return step(*arguments)
        finally:
            leave(self._call)


def _async_generator(shape: Shape, function: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator, call = function(*args, **kwargs), begin(shape)
        open_call = _OpenCall(call)
        step: Callable[..., Any] = generator.__anext__
        arguments: tuple[Any, ...] = ()
        try:
            while True:
                try:
                    item = await _async_step(call, step, *arguments)
                except StopAsyncIteration:
                    break
                try:
                    step, arguments = generator.asend, ((yield item),)
                except GeneratorExit:
                    await _async_step(call, generator.aclose)
                    raise
                except BaseException as thrown:  # noqa: BLE001 - by the consumer, for the generator to see
                    step, arguments = generator.athrow, (thrown,)
        except BaseException as error:
            end(call, error)
            raise
        finally:
            calls.OPEN.discard(open_call)
        end(call)

    return wrapper


class _OpenCall:
    """Ends an async generator's operation, as the process does before the generator does."""

    def __init__(self, call: Call | None) -> None:
        self._call = call
        calls.OPEN.add(self)

    def end(self) -> None:
        """End it."""
        end(self._call)


async def _async_step(call: Call | None, step: Callable[..., Any], *arguments: Any) -> Any:
    enter(call)
    try:
        return await step(*arguments)
    finally:
        leave(call)
