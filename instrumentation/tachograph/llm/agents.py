"""Agents and tools of the application's own, as decorators and in `with`, by OpenTelemetry's names."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from opentelemetry.trace import SpanKind

from .. import call as calls
from .. import names
from ..harmless import harmless
from ..model import LLM_BUCKETS, AttributeValue, Metric, Shape, Subject
from ..operation import ACTIVE, operation
from .content import recorder

Function = TypeVar("Function", bound=Callable[..., Any])


@functools.cache
def _subject(metric: str, what: str, label: str, buckets: tuple[float, ...]) -> Subject:
    return Subject(
        "operation",
        Metric(metric, "histogram", "s", f"Duration of {what}'s run.", buckets),
        (label,),
        SpanKind.INTERNAL,
        target=(label,),
        active=ACTIVE,
        active_labels=(names.OPERATION_NAME,),
    )


class agent(operation):  # noqa: N801 - used as a decorator and in `with`
    """Measure an agent's run: an `invoke_agent` span and its duration. Takes what `operation` takes."""

    __slots__ = ()

    def __init__(self, name: str, /, *, buckets: tuple[float, ...] | None = None, **attributes: AttributeValue) -> None:
        super().__init__(name)
        label = names.GEN_AI_AGENT_NAME
        subject = _subject(names.GEN_AI_INVOKE_AGENT_DURATION, "an agent", label, tuple(buckets or LLM_BUCKETS))
        self._shape = _shape(subject, "invoke_agent", label, name, attributes)


class tool(operation):  # noqa: N801 - used as a decorator and in `with`
    """Measure a tool's run: an `execute_tool` span and its duration. Takes what `operation` takes.

    Where content is captured, a decorated function's arguments and result are on the span, redacted and cut.
    """

    __slots__ = ()

    def __init__(self, name: str, /, *, buckets: tuple[float, ...] | None = None, **attributes: AttributeValue) -> None:
        super().__init__(name)
        label = names.GEN_AI_TOOL_NAME
        subject = _subject(names.GEN_AI_EXECUTE_TOOL_DURATION, "a tool", label, tuple(buckets or LLM_BUCKETS))
        self._shape = _shape(subject, "execute_tool", label, name, attributes)

    def __call__(self, function: Function) -> Function:
        """Return the function, measured."""
        return super().__call__(_told(function))


def _shape(subject: Subject, does: str, label: str, name: str, attributes: dict[str, AttributeValue]) -> Shape:
    told = {names.GEN_AI_OPERATION_NAME: does, label: name, names.OPERATION_NAME: name}
    return Shape(subject, f"{does} {name}", {**told, **attributes})


def _told(function: Function) -> Function:
    """Return a function that tells its span what it is given and what it gives; a generator gives bit by bit."""
    if (
        not inspect.isfunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    ):
        return function
    make = _told_async if inspect.iscoroutinefunction(function) else _told_sync
    return cast("Function", functools.wraps(function)(make(function)))


def _told_sync(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        _given(function, args, kwargs)
        result = function(*args, **kwargs)
        _gave(result)
        return result

    return wrapper


def _told_async(function: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        _given(function, args, kwargs)
        result = await function(*args, **kwargs)
        _gave(result)
        return result

    return wrapper


@harmless
def _given(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    writer, call = recorder(), calls.current("operation")
    if writer is not None and call is not None and call.sampled:
        try:
            arguments = inspect.signature(function).bind(*args, **kwargs).arguments
        except TypeError:
            return  # they do not fit: the call itself says so
        given = {name: value for name, value in arguments.items() if name not in ("self", "cls")}
        calls.annotate(call, {names.GEN_AI_TOOL_ARGUMENTS: writer.text(given)})


@harmless
def _gave(result: object) -> None:
    writer, call = recorder(), calls.current("operation")
    if writer is not None and call is not None and call.sampled:
        calls.annotate(call, {names.GEN_AI_TOOL_RESULT: writer.text(result)})
