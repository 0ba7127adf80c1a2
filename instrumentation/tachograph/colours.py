"""Measured functions of every colour: plain, coroutines, generators and async generators."""

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from types import CoroutineType
from typing import Any, Self

from . import call as calls
from .guarded import begin, end, enter, leave
from .model import Call, Shape


def wrapper_of(function: Callable[..., Any]) -> Callable[[Shape, Callable[..., Any]], Callable[..., Any]]:
    """Return what makes a measured function of one of this colour."""
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
