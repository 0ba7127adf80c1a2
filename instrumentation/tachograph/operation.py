"""Operations: `tachograph.operation(name)` as decorator and as context manager, for code of every colour."""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from opentelemetry.trace import SpanKind

from . import call as calls
from . import names
from .model import NOTHING, OPERATION_BUCKETS, AttributeValue, Call, Metric, Shape, Subject
from .telemetry.hub import HUB

Function = TypeVar("Function", bound=Callable[..., Any])

DURATION = Metric(names.OPERATION_DURATION, "histogram", "s", "Duration of an operation.", OPERATION_BUCKETS)
ACTIVE = Metric(names.OPERATION_ACTIVE, "updown", "{operation}", "Operations in flight.")
_SUBJECT = Subject("operation", DURATION, (names.OPERATION_NAME,), SpanKind.INTERNAL)


class Operation:
    """One operation of the application, entered as a context manager; one object may be entered many times in turn."""

    def __init__(self, kind: "operation") -> None:
        self._kind = kind
        self._call: Call | None = None
        self._tokens: calls.Tokens | None = None

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set an attribute of the span."""
        if self._call is not None and not self._call.ended:
            self._call.attributes = {**(self._call.attributes or NOTHING), key: value}

    def begin(self) -> None:
        """Begin."""
        try:
            self._kind.active.add(1)
            self._call = calls.begin(self._kind.shape)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("the beginning of an operation")

    def enter(self) -> None:
        """Become current."""
        try:
            if self._call is not None:
                self._tokens = calls.enter(self._call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering an operation")

    def leave(self) -> None:
        """Be current no longer."""
        try:
            if self._tokens is not None:
                calls.leave(self._tokens)
                self._tokens = None
        except Exception:  # noqa: BLE001
            HUB.failed("leaving an operation")

    def end(self, error: BaseException | None) -> None:
        """End, once."""
        call, self._call = self._call, None
        try:
            if call is not None:
                self._kind.active.add(-1)
                calls.finish(call) if error is None else calls.fail(call, error)
        except Exception:  # noqa: BLE001
            HUB.failed("the end of an operation")

    def __enter__(self) -> Self:
        self.begin()
        self.enter()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.leave()
        self.end(error)


class operation:  # noqa: N801 - used as a decorator and in `with`
    """Measure a named operation: a span, its duration, its errors by type, how many are in flight.

    As a decorator it takes functions, coroutine functions, generators and async generators; what they return and raise
    stays as it is.
    """

    def __init__(self, name: str, /, **attributes: AttributeValue) -> None:
        self.shape = Shape(_SUBJECT, name, {names.OPERATION_NAME: name, **attributes})
        self.active = HUB.registry.sum(ACTIVE, self.shape.labels)
        self._entered: list[Operation] = []

    def __enter__(self) -> Operation:
        entered = Operation(self)
        self._entered.append(entered)
        return entered.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._entered.pop().__exit__(kind, error, tb)

    async def __aenter__(self) -> Operation:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, tb)

    def __call__(self, function: Function) -> Function:
        """Return the function, measured."""
        if inspect.isasyncgenfunction(function):
            wrapper: Callable[..., Any] = self._async_generator(function)
        elif inspect.iscoroutinefunction(function):
            wrapper = self._coroutine(function)
        elif inspect.isgeneratorfunction(function):
            wrapper = self._generator(function)
        else:
            wrapper = self._function(function)
        return cast("Function", functools.wraps(function)(wrapper))

    def _function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with Operation(self):
                return function(*args, **kwargs)

        return wrapper

    def _coroutine(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with Operation(self):
                return await function(*args, **kwargs)

        return wrapper

    def _generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            entered, generator = Operation(self), function(*args, **kwargs)
            entered.begin()
            try:
                result = yield from _Steps(generator, entered)
            except BaseException as error:
                entered.end(None if isinstance(error, GeneratorExit) else error)
                raise
            entered.end(None)
            return result

        return wrapper

    def _async_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            entered, generator = Operation(self), function(*args, **kwargs)
            entered.begin()
            try:
                step = generator.__anext__
                argument: tuple[Any, ...] = ()
                while True:
                    entered.enter()
                    try:
                        item = await step(*argument)
                    except StopAsyncIteration:
                        break
                    finally:
                        entered.leave()
                    try:
                        sent = yield item
                        step, argument = generator.asend, (sent,)
                    except GeneratorExit:
                        await generator.aclose()
                        raise
                    except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, for the generator
                        step, argument = generator.athrow, (error,)
            except BaseException as error:
                entered.end(None if isinstance(error, GeneratorExit) else error)
                raise
            entered.end(None)

        return wrapper


class _Steps:
    """A generator whose every step runs with its operation current, and nothing is current between steps."""

    def __init__(self, generator: Generator[Any, Any, Any], entered: Operation) -> None:
        self._generator = generator
        self._entered = entered

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
        self._entered.enter()
        try:
            return step(*arguments)
        finally:
            self._entered.leave()
