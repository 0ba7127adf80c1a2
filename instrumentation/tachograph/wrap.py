"""Wrapping: a function that measures each of its calls at an endpoint and changes nothing else."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from . import call as calls
from .model import NO_OUTCOME, Call, Endpoint
from .telemetry.hub import HUB

Function = Callable[..., Any]


class Switch:
    """Whether measured functions measure, and whether their calls are spans too."""

    __slots__ = ("on", "spans")

    def __init__(self, *, spans: bool = True) -> None:
        self.on = True
        self.spans = spans


_ALWAYS = Switch()


def measured(endpoint: Endpoint, function: Function, switch: Switch = _ALWAYS, *, method: bool = True) -> Function:
    """Return `function` with each call measured at `endpoint`; in a method the first argument is the instance."""
    asynchronous = inspect.iscoroutinefunction(inspect.unwrap(function))
    make = _async_wrapper if asynchronous else _wrapper
    if method:
        return functools.wraps(function)(make(endpoint, function, switch))

    def without_instance(_none: None, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    bound = make(endpoint, without_instance, switch)

    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        return await bound(None, *args, **kwargs)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return bound(None, *args, **kwargs)

    return functools.wraps(function)(async_wrapper if asynchronous else wrapper)


def _async_wrapper(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    async def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        call = _begin(endpoint, switch, self, args, kwargs)
        if call is None:
            return await function(self, *args, **kwargs)
        return _ended(endpoint, call, await _within(endpoint, call, function(self, *args, **kwargs)))

    return wrapper


def _wrapper(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        call = _begin(endpoint, switch, self, args, kwargs)
        if call is None:
            return function(self, *args, **kwargs)
        _enter(call)
        try:
            result = function(self, *args, **kwargs)
        except BaseException as error:
            _leave(call)
            _failed(endpoint, call, error)
            raise
        _leave(call)
        if (kind := type(result)) not in _PLAIN and _is_awaitable(kind):
            return _awaited(endpoint, call, result)
        return _ended(endpoint, call, result)

    return wrapper


async def _within(endpoint: Endpoint, call: Call, awaitable: Awaitable[Any]) -> Any:
    _enter(call)
    try:
        result = await awaitable
    except BaseException as error:
        _leave(call)
        _failed(endpoint, call, error)
        raise
    _leave(call)
    return result


async def _awaited(endpoint: Endpoint, call: Call, result: Awaitable[Any]) -> Any:
    return _ended(endpoint, call, await _within(endpoint, call, result))


def leaf(endpoint: Endpoint, function: Function, switch: Switch, *, asynchronous: bool | None = None) -> Function:
    """Return a method with each call measured at an endpoint whose calls are all leaves and end with their result.

    It does what `measured` does in fewer steps: between two system calls each step costs several times what it costs in
    a loop of its own.
    """
    if asynchronous is None:
        asynchronous = inspect.iscoroutinefunction(inspect.unwrap(function))
    make = _async_leaf if asynchronous else _leaf
    return functools.wraps(function)(make(endpoint, function, switch))


def _leaf(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    response, after, finish = endpoint.response, endpoint.after, calls.finish

    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not switch.on:
            return function(self, *args, **kwargs)
        call = _begin(endpoint, switch, self, args, kwargs)
        try:
            result = function(self, *args, **kwargs)
        except BaseException as error:
            if call is not None:
                _failed(endpoint, call, error)
            raise
        try:
            if call is not None:
                finish(call, NO_OUTCOME if response is None else response(result, call))
            if after is not None:
                after(self, args, kwargs, result)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            _unread(endpoint, call)
        return result

    return wrapper


def _async_leaf(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    response, after, finish = endpoint.response, endpoint.after, calls.finish

    async def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not switch.on:
            return await function(self, *args, **kwargs)
        call = _begin(endpoint, switch, self, args, kwargs)
        try:
            result = await function(self, *args, **kwargs)
        except BaseException as error:
            if call is not None:
                _failed(endpoint, call, error)
            raise
        try:
            if call is not None:
                finish(call, NO_OUTCOME if response is None else response(result, call))
            if after is not None:
                after(self, args, kwargs, result)
        except Exception:  # noqa: BLE001
            _unread(endpoint, call)
        return result

    return wrapper


def _unread(endpoint: Endpoint, call: Call | None) -> None:
    """Take note that a result could not be read; the call has ended all the same."""
    HUB.failed(endpoint.target)
    try:
        if call is not None:
            calls.finish(call)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)


def _begin(
    endpoint: Endpoint, switch: Switch, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Call | None:
    if not switch.on:
        return None
    try:
        shape = endpoint.request(instance, args, kwargs)
        call = None if shape is None else calls.begin(shape, switch.spans)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed(endpoint.target)
        return None
    if call is not None and call.sampled and endpoint.details is not None:
        try:
            told = endpoint.details(instance, args, kwargs)
            call.attributes = {**call.attributes, **told} if call.attributes else told
        except Exception:  # noqa: BLE001
            HUB.failed(endpoint.target)
    return call


def _enter(call: Call) -> None:
    if not call.shape.subject.leaf:
        try:
            calls.enter(call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering a call")


def _leave(call: Call) -> None:
    if call.token is not None:
        try:
            calls.leave(call)
        except Exception:  # noqa: BLE001
            HUB.failed("leaving a call")


def _failed(endpoint: Endpoint, call: Call, error: BaseException) -> None:
    outcome = NO_OUTCOME
    try:
        if endpoint.error is not None:
            outcome = endpoint.error(error, call)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)
    try:
        calls.fail(call, error, outcome)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)


_TYPES_LIMIT = 256
_PLAIN: set[type] = set()
_STREAMS: dict[type, str | None] = {}


def _ended(endpoint: Endpoint, call: Call, result: Any) -> Any:
    outcome = NO_OUTCOME
    try:
        if endpoint.stand_in is not None and (instead := endpoint.stand_in(result, call)) is not None:
            return instead
        if endpoint.chunks is not None and (stream := _stream_of(type(result))) is not None:
            return getattr(_streams(), stream)(result, call, endpoint.chunks(call))
        if endpoint.response is not None:
            outcome = endpoint.response(result, call)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)
    try:
        calls.finish(call, outcome)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)
    return result


def _is_awaitable(kind: type) -> bool:
    if hasattr(kind, "__await__"):
        return True
    if len(_PLAIN) < _TYPES_LIMIT:
        _PLAIN.add(kind)
    return False


def _stream_of(kind: type) -> str | None:
    """Return which proxy watches results of this type; asking a pydantic class for what it lacks takes long."""
    if kind not in _STREAMS:
        if len(_STREAMS) >= _TYPES_LIMIT:
            _STREAMS.clear()
        found = "AsyncStream" if hasattr(kind, "__anext__") else "SyncStream" if hasattr(kind, "__next__") else None
        _STREAMS[kind] = found
    return _STREAMS[kind]


@functools.cache
def _streams() -> ModuleType:
    from . import stream  # noqa: PLC0415 - only a stream needs a proxy, and wrapt for it

    return stream
