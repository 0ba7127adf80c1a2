"""A tariff: what tokens of each type cost with one model, in USD for a million of them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .tokens import Usage

_MILLION = 1_000_000

Rate = tuple[tuple[int, float], ...]
"""(more input tokens than, price) pairs, the highest first: a price that the size of the prompt decides."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices by type; a type without one costs what the type it is part of costs."""

    input: Rate | None = None
    output: Rate | None = None
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_hour: Rate | None = None
    reasoning: Rate | None = None
    request: float = 0.0

    def cost(self, usage: Usage) -> float | None:
        """Return what these tokens cost in USD; None where there is no price for some of them."""
        fresh, read, written, spoken, thought = usage.by_type()
        hour = min(usage.cache_write_hour, written)
        size = usage.input
        total = self.request * _MILLION
        for count, rate in (
            (fresh, self.input),
            (read, self.cache_read or self.input),
            (written - hour, self.cache_write or self.input),
            (hour, self.cache_write_hour or self.cache_write or self.input),
            (spoken, self.output),
            (thought, self.reasoning or self.output),
        ):
            if count:
                if rate is None:
                    return None
                total += count * (rate[0][1] if len(rate) == 1 else _price(rate, size))
        return total / _MILLION


def flat(tariff: Tariff) -> tuple[float, ...] | None:
    """Return the prices of one token each, in the order of Usage.by_type; None where the size of the prompt decides.

    An hour in the cache has no place in it: usage with one is for `cost`.
    """
    if tariff.input is None or tariff.output is None or tariff.request:
        return None
    rates = (
        tariff.input,
        tariff.cache_read or tariff.input,
        tariff.cache_write or tariff.input,
        tariff.output,
        tariff.reasoning or tariff.output,
    )
    return None if any(len(rate) > 1 for rate in rates) else tuple(rate[0][1] / _MILLION for rate in rates)


def own_tariff(prices: Mapping[str, Any]) -> Tariff:
    """Return the tariff that a user wrote: type of tokens to USD a million; ValueError says what is wrong."""
    known = {field.name for field in fields(Tariff)} - {"request"}
    for key, price in prices.items():
        if key not in known:
            raise ValueError(f"unknown type of tokens {key!r}: there are {', '.join(sorted(known))}")
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < float("inf"):
            raise ValueError(f"{key} must be a price from 0 up, not {price!r}")
    if "input" not in prices:
        raise ValueError("a price for input is missing")
    rates: dict[str, Any] = {key: ((-1, float(price)),) for key, price in prices.items()}
    return Tariff(**rates)


def _price(rate: Rate, input_tokens: int) -> float:
    return next(price for more_than, price in rate if input_tokens > more_than)
