"""Chains of models: which call stood in for which, when a call fails and another model is asked instead."""

from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import ContextVar, Token
from time import time_ns
from types import TracebackType
from typing import Self

from opentelemetry.trace import get_current_span

from .. import call as calls
from .. import names
from ..model import NO_OUTCOME, AttributeValue, Call, Labels, Outcome
from ..telemetry.hub import HUB
from .metrics import CHAINS, FALLBACKS

_TARGET = (names.GEN_AI_PROVIDER_NAME, names.GEN_AI_REQUEST_MODEL, names.SERVER_ADDRESS, names.SERVER_PORT)
_CURRENT: ContextVar["fallback | None"] = ContextVar("tachograph_chain", default=None)


class fallback:  # noqa: N801 - used in `with`
    """A block in which models are asked in turn until one answers; sync and async.

    Each call of another model after one that failed is counted as a fallback, and is an event on its span and on the
    span around the block; the same model asked again is a retry. The chain is counted by how it ended: the first model
    answered, another one did, or none.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._noted: Call | None = None
        self._failed: Call | None = None
        self._error: str = ""
        self._fallbacks = 0
        self._answered = False
        self._token: Token[fallback | None] | None = None

    def __enter__(self) -> Self:
        self._token = _CURRENT.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)
            self._token = None
        try:
            self._count_chain()
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("the end of a chain")

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, tb)

    def note(self, call: Call) -> None:
        """Take note of a call that has ended, or of a stream that has begun to answer and may outlive the block."""
        if self._failed is not None and call is not self._noted and _target(call) != _target(self._failed):
            self._stood_in(call, self._failed)
        self._noted = call
        self._failed = call if call.error_type is not None else None
        self._error = call.error_type or ""
        self._answered = self._failed is None

    def _stood_in(self, call: Call, before: Call) -> None:
        self._fallbacks += 1
        told: dict[str, AttributeValue] = {
            names.GEN_AI_CHAIN_NAME: self.name,
            names.GEN_AI_FALLBACK_FROM_PROVIDER: before.shape.attributes[names.GEN_AI_PROVIDER_NAME],
            names.GEN_AI_FALLBACK_FROM_MODEL: before.shape.attributes.get(names.GEN_AI_REQUEST_MODEL, ""),
            names.ERROR_TYPE: self._error,
        }
        calls.count(call, FALLBACKS, 1, tuple((key, str(value)) for key, value in told.items()))
        if call.sampled:
            call.events = [*(call.events or ()), (time_ns(), names.GEN_AI_FALLBACK, told)]

    def _count_chain(self) -> None:
        if self._failed is None and not self._answered:
            return
        outcome = "exhausted" if self._failed is not None else "fallback" if self._fallbacks else "first"
        labels: Labels = ((names.GEN_AI_CHAIN_NAME, self.name), (names.GEN_AI_CHAIN_OUTCOME, outcome))
        HUB.registry.sum(CHAINS, labels).add(1)
        if self._fallbacks:
            get_current_span().add_event(names.GEN_AI_FALLBACK, dict(labels))


def _target(call: Call) -> tuple[object, ...]:
    """Return whom a call asks: one who is asked once more stands in for nobody."""
    return tuple([call.shape.attributes.get(name) for name in _TARGET])


def chain_unless_in_one(name: str) -> AbstractAsyncContextManager[object]:
    """Return a chain for a library's own fallbacks; nothing where the application has opened one."""
    return nullcontext() if _CURRENT.get() is not None else fallback(name)


def note(call: Call, _outcome: Outcome = NO_OUTCOME) -> None:
    """Tell the chain that this code runs within, if any, that a call has ended or a stream has begun to answer."""
    chain = _CURRENT.get()
    if chain is not None:
        chain.note(call)
