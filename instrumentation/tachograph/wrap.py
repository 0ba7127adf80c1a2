"""Wrapping: an endpoint's function replaced by one that measures it, and put back as it was."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from . import call as calls
from .model import NO_OUTCOME, NOTHING, Call, Endpoint
from .stream import AsyncStream, SyncStream
from .telemetry.hub import HUB

Function = Callable[..., Any]


class Patches:
    """What was replaced for one library, and what stood there before."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any, bool, Any]] = []

    def endpoint(self, module: Any, path: str, endpoint: Endpoint) -> None:
        """Measure `path` (Class.method or function) of a module at an endpoint."""
        *owners, name = path.split(".")
        owner = functools.reduce(getattr, owners, module)
        self.replace(owner, name, lambda function: measured(endpoint, function, method=bool(owners)))

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put what `make` makes of an attribute in its place."""
        present = name in vars(owner)
        before = vars(owner)[name] if present else getattr(owner, name)
        kind = type(before) if isinstance(before, staticmethod | classmethod) else None
        after = kind(make(before.__func__)) if kind else make(before)
        setattr(owner, name, after)
        self._replaced.append((owner, name, before, present, after))

    def undo(self) -> None:
        """Put everything back; what somebody else has wrapped since stays wrapped, around what was there before."""
        while self._replaced:
            owner, name, before, present, after = self._replaced.pop()
            if vars(owner).get(name) is not after:
                continue
            if present:
                setattr(owner, name, before)
            else:
                delattr(owner, name)


def measured(endpoint: Endpoint, function: Function, *, method: bool = True) -> Function:
    """Return `function` with each call measured at `endpoint`; in a method the first argument is the instance."""

    def split(args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        return (args[0], args[1:]) if method and args else (None, args)

    asynchronous = inspect.iscoroutinefunction(inspect.unwrap(function))
    wrapper = _async_wrapper(endpoint, function, split) if asynchronous else _wrapper(endpoint, function, split)
    return functools.wraps(function)(wrapper)


def _async_wrapper(endpoint: Endpoint, function: Function, split: Function) -> Function:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        instance, rest = split(args)
        call = _begin(endpoint, instance, rest, kwargs)
        if call is None:
            return await function(*args, **kwargs)
        return _ended(endpoint, call, await _within(endpoint, call, function, args, kwargs))

    return wrapper


def _wrapper(endpoint: Endpoint, function: Function, split: Function) -> Function:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        instance, rest = split(args)
        call = _begin(endpoint, instance, rest, kwargs)
        if call is None:
            return function(*args, **kwargs)
        _enter(call)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            _failed(endpoint, call, error)
            raise
        finally:
            _leave(call)
        if inspect.isawaitable(result):
            return _awaited(endpoint, call, result)
        return _ended(endpoint, call, result)

    return wrapper


async def _within(endpoint: Endpoint, call: Call, function: Function, args: Any, kwargs: Any) -> Any:
    _enter(call)
    try:
        return await function(*args, **kwargs)
    except BaseException as error:
        _failed(endpoint, call, error)
        raise
    finally:
        _leave(call)


async def _awaited(endpoint: Endpoint, call: Call, result: Awaitable[Any]) -> Any:
    async def function() -> Any:
        return await result

    return _ended(endpoint, call, await _within(endpoint, call, function, (), {}))


def _begin(endpoint: Endpoint, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    try:
        shape = endpoint.request(instance, args, kwargs)
        call = None if shape is None else calls.begin(shape)
        if call is not None and call.sampled and endpoint.details is not None:
            call.attributes = {**(call.attributes or NOTHING), **endpoint.details(instance, args, kwargs)}
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed(endpoint.target)
        return None
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


def _ended(endpoint: Endpoint, call: Call, result: Any) -> Any:
    outcome = NO_OUTCOME
    try:
        if endpoint.stand_in is not None and (instead := endpoint.stand_in(result, call)) is not None:
            return instead
        if endpoint.chunks is not None:
            if hasattr(type(result), "__anext__"):
                return AsyncStream(result, call, endpoint.chunks(call))
            if hasattr(type(result), "__next__"):
                return SyncStream(result, call, endpoint.chunks(call))
        if endpoint.response is not None:
            outcome = endpoint.response(result, call)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)
    try:
        calls.finish(call, outcome)
    except Exception:  # noqa: BLE001
        HUB.failed(endpoint.target)
    return result
