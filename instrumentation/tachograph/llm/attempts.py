"""Attempts: the HTTP requests behind a call of a model, their outcomes, and what the rate limits still leave."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from .. import call as calls
from .. import names
from ..model import AttributeValue, Call, Labels
from ..telemetry.hub import HUB
from ..wrap import Switch
from .metrics import ATTEMPTS, QUOTA_LIMIT, QUOTA_REMAINING

# The call whose request is under way: one client may send through another (httpx through aiohttp).
_WITHIN: ContextVar[Call | None] = ContextVar("tachograph_attempt", default=None)

Function = Callable[..., Any]

_STATUSES = {408: "timeout", 429: "rate_limited", 503: "overloaded", 529: "overloaded"}
# OpenAI's x-ratelimit-remaining-tokens, Anthropic's anthropic-ratelimit-input-tokens-remaining, and those like them;
# of requests where no type is told, as in OpenRouter's x-ratelimit-remaining.
_QUOTA = re.compile(
    r"(?:(?:x|anthropic)-)?ratelimit-(?:(?P<before>remaining|limit)-)?(?P<type>[a-z-]+?)(?:-(?P<after>remaining|limit))?"
)
_ANY_QUOTA = re.compile(r"(?:x-)?ratelimit-(?P<told>remaining|limit)")
_SUCCESS = (names.GEN_AI_ATTEMPT_OUTCOME, "success")
_NO_QUOTA = object()
_METRICS = {"remaining": QUOTA_REMAINING, "limit": QUOTA_LIMIT}


def watched(send: Function, _switch: Switch) -> Function:
    """Return an HTTP client's `send` with each request that a call of a model makes counted as an attempt."""

    def watch(*args: Any, **kwargs: Any) -> Any:
        call = calls.current("llm")
        if call is None or _WITHIN.get() is call:
            return send(*args, **kwargs)
        token = _WITHIN.set(call)
        try:
            response = send(*args, **kwargs)
        except BaseException as error:
            _failed(call, error)
            raise
        finally:
            _WITHIN.reset(token)
        _answered(call, response)
        return response

    return watch


def watched_async(send: Function, _switch: Switch) -> Function:
    """Return an asynchronous client's `send`, watched in the same way."""

    async def watch(*args: Any, **kwargs: Any) -> Any:
        call = calls.current("llm")
        if call is None or _WITHIN.get() is call:
            return await send(*args, **kwargs)
        token = _WITHIN.set(call)
        try:
            response = await send(*args, **kwargs)
        except BaseException as error:
            _failed(call, error)
            raise
        finally:
            _WITHIN.reset(token)
        _answered(call, response)
        return response

    return watch


def watch_clients(module: ModuleType, patches: Any) -> None:
    """Watch the clients of httpx, or of what is made after it."""
    patches.beside(module.Client, "send", watched)
    patches.beside(module.AsyncClient, "send", watched_async)


def _answered(call: Call, response: Any) -> None:
    try:
        status: int = getattr(response, "status_code", 0) or response.status
        if status < 400:
            success = call.shape.bound.get(_SUCCESS)
            if success is None:
                success = call.shape.bound[_SUCCESS] = HUB.registry.sum(ATTEMPTS, (*call.shape.labels, _SUCCESS))
            success.add(1)
        else:
            told: dict[str, AttributeValue] = {names.HTTP_RESPONSE_STATUS_CODE: status}
            _count(call, _STATUSES.get(status) or ("server_error" if status >= 500 else "client_error"), told)
        _quotas(call, response.headers)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("reading an attempt")


def _failed(call: Call, error: BaseException) -> None:
    try:
        kind = type(error).__qualname__
        if "Cancel" in kind or not isinstance(error, Exception):
            outcome = "cancelled"
        elif isinstance(error, TimeoutError) or "Timeout" in kind:
            outcome = "timeout"
        else:
            outcome = "connection_error"
        _count(call, outcome, {names.ERROR_TYPE: kind})
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("reading an attempt")


def _count(call: Call, outcome: str, told: Mapping[str, AttributeValue]) -> None:
    calls.count(call, ATTEMPTS, 1, ((names.GEN_AI_ATTEMPT_OUTCOME, outcome),))
    calls.event(call, names.GEN_AI_ATTEMPT, {names.GEN_AI_ATTEMPT_OUTCOME: outcome, **told})


def _quotas(call: Call, headers: Any) -> None:
    raw = getattr(headers, "raw", None)
    if raw is not None and b"ratelimit" not in b" ".join([name for name, _ in raw]).lower():
        return
    for name, value in headers.items() if raw is None else raw:
        if (b"ratelimit" if isinstance(name, bytes) else "ratelimit") in name.lower():
            cell = call.shape.bound.get(name)
            if cell is None:
                cell = call.shape.bound[name] = _quota(call, name)
            if cell is not _NO_QUOTA:
                with suppress(ValueError):  # a provider may say "unlimited"
                    cell.set(float(value))


def _quota(call: Call, header: str | bytes) -> Any:
    """Return the gauge of a rate limit's header; those that tell no amount have none."""
    name = header.decode("latin-1") if isinstance(header, bytes) else header
    if match := _ANY_QUOTA.fullmatch(name.lower()):
        told, kind = match["told"], "requests"
    elif match := _QUOTA.fullmatch(name.lower()):
        told, kind = match["before"] or match["after"], match["type"]
    else:
        return _NO_QUOTA
    if told is None:
        return _NO_QUOTA
    labels: Labels = (*call.shape.labels, (names.GEN_AI_QUOTA_TYPE, kind))
    return HUB.registry.gauge(_METRICS[told], labels)
