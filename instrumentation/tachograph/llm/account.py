"""An account: the series that one kind of call of one answering model feeds, bound once, and its price."""

import time
from typing import Any

from .. import names
from ..model import Call, Labels, Metric, Shape
from ..telemetry.cells import HistogramCell, SumCell
from ..telemetry.hub import HUB
from .metrics import COST, TOKEN_USAGE, TOKENS, UNPRICED
from .prices import PRICES
from .tariff import Tariff, flat
from .tokens import Usage

_TYPES = ("input", "cache_read", "cache_write", "output", "reasoning")
_ACCOUNTS_LIMIT = 100
_FOLD_AT = 256


class Account:
    """Token usage, tokens by type, cost and what is unpriced, for a shape and the model that answered."""

    __slots__ = (
        "_calls", "_cost", "_embeddings", "_flat", "_input", "_model", "_output", "_shape", "_tariff", "_tier",
        "_tokens", "_unpriced", "_until", "_version", "labels",
    )  # fmt: skip

    def __init__(self, shape: Shape, model: str | None) -> None:
        self._shape = shape
        self._model = model
        self.labels: Labels = ((names.GEN_AI_RESPONSE_MODEL, model),) if model else ()
        self._embeddings = shape.attributes[names.GEN_AI_OPERATION_NAME] == "embeddings"
        self._input = self._histogram("input")
        self._output = self._histogram("output")
        self._tokens: dict[bool, tuple[SumCell, ...]] = {}
        self._cost = self._sum(COST)
        self._unpriced: dict[str, SumCell] = {}
        self._tariff: Tariff | None = None
        self._flat: tuple[float, ...] | None = None
        self._tier: str | None = None
        self._version = -1
        self._calls = 0
        self._until: float | None = None

    def take(  # noqa: C901 - its ifs are alike, and it runs at every call
        self, usage: Usage, call: Call, tier: str | None, *, useful: bool
    ) -> float | None:
        """Count the tokens of a call and what they cost; None, and counted as unpriced, where that is unknown."""
        self._input.record(usage.input, call)
        if usage.output or not self._embeddings:
            self._output.record(usage.output, call)
        fresh, read, written, said, thought = usage.by_type()
        # One by one: a loop over them takes twice as long, at every call.
        cells = self._tokens.get(useful) or self._typed(useful=useful)
        if fresh:
            cells[0].append(fresh)
        if read:
            cells[1].append(read)
        if written:
            cells[2].append(written)
        if said:
            cells[3].append(said)
        if thought:
            cells[4].append(thought)
        if self._version != PRICES.version or tier != self._tier or (self._until is not None and self._is_over()):
            self._look_up(tier)
        flat = self._flat
        if flat is None or usage.cache_write_hour:
            return self._paid(None if self._tariff is None else self._tariff.cost(usage))
        return self._paid(fresh * flat[0] + read * flat[1] + written * flat[2] + said * flat[3] + thought * flat[4])

    def _paid(self, cost: float | None) -> float | None:
        if cost is None:
            self.unpriced("model")
        else:
            self._cost.append(cost)
        self._calls += 1
        if self._calls >= _FOLD_AT:
            self._fold()
        return cost

    def _fold(self) -> None:
        self._calls = 0
        for cell in (self._cost, *(cell for cells in self._tokens.values() for cell in cells)):
            cell.fold(wait=False)

    def unpriced(self, reason: str) -> None:
        """Count a call whose cost is unknown."""
        cell = self._unpriced.get(reason)
        if cell is None:
            cell = self._unpriced[reason] = self._sum(UNPRICED, (names.GEN_AI_UNPRICED_REASON, reason))
        cell.add(1)

    def _look_up(self, tier: str | None) -> None:
        attributes = self._shape.attributes
        provider, asked = str(attributes[names.GEN_AI_PROVIDER_NAME]), attributes.get(names.GEN_AI_REQUEST_MODEL)
        self._version, self._tier = PRICES.version, tier
        self._tariff = self._flat = self._until = None
        for model in (self._model, asked):
            if model and self._tariff is None:
                self._tariff, self._until = PRICES.tariff(provider, str(model), tier)
        if self._tariff is not None:
            self._flat = flat(self._tariff)

    def _is_over(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _typed(self, *, useful: bool) -> tuple[SumCell, ...]:
        label = (names.GEN_AI_TOKEN_USEFUL, useful)
        cells = tuple(self._sum(TOKENS, (names.GEN_AI_TOKEN_TYPE, kind), label) for kind in _TYPES)
        self._tokens[useful] = cells
        return cells

    def _histogram(self, kind: str) -> HistogramCell:
        return HUB.registry.histogram(TOKEN_USAGE, (*self._all(), (names.GEN_AI_TOKEN_TYPE, kind)))

    def _sum(self, metric: Metric, *labels: Any) -> SumCell:
        return HUB.registry.sum(metric, (*self._all(), *labels))

    def _all(self) -> Labels:
        return (*self._shape.labels, *self.labels)


def account_of(shape: Shape, model: str | None) -> Account:
    """Return the account of a kind of call that this model answered."""
    key = (Account, model)
    account: Account | None = shape.bound.get(key)
    if account is None:
        if len(shape.bound) >= _ACCOUNTS_LIMIT:
            model, key = None, (Account, None)  # a server that makes up models
        account = shape.bound[key] = Account(shape, model)
    return account
