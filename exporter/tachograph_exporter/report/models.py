"""Models and providers side by side: how quick, how reliable and how dear they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..past.exporter import added
from ..past.series import Calls


@dataclass(frozen=True, slots=True)
class Compared:
    """One model of one provider, or all of a provider's, over all services."""

    provider: str
    model: str
    calls: Calls

    @property
    def cost(self) -> float:
        """What its calls cost, in US dollars."""
        return self.calls.extras.get("cost_usd", 0.0)

    @property
    def cost_per_1k_calls(self) -> float | None:
        """What a thousand of its calls cost."""
        return 1000 * self.cost / self.calls.calls if self.calls.calls and self.cost else None

    @property
    def tokens(self) -> float:
        """How many tokens went in and came out."""
        return self.calls.extras.get("input_tokens", 0.0) + self.calls.extras.get("output_tokens", 0.0)

    @property
    def cost_per_1k_tokens(self) -> float | None:
        """What a thousand tokens cost."""
        return 1000 * self.cost / self.tokens if self.tokens and self.cost else None

    @property
    def rate_limited(self) -> float:
        """How many attempts a rate limit refused."""
        return self.calls.extras.get("rate_limited", 0.0)


def by_model(rows: Sequence[Calls]) -> list[Compared]:
    """Return the models, the most used first."""
    return _grouped(rows, lambda row: (row.labels["provider"], row.labels["model"]))


def by_provider(rows: Sequence[Calls]) -> list[Compared]:
    """Return the providers, the most used first."""
    return _grouped(rows, lambda row: (row.labels["provider"], ""))


def _grouped(rows: Sequence[Calls], key: Callable[[Calls], tuple[str, str]]) -> list[Compared]:
    groups: dict[tuple[str, str], list[Calls]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    found = [Compared(*names, added(group)) for names, group in groups.items()]
    return sorted(found, key=lambda one: (-one.calls.calls, one.provider, one.model))
