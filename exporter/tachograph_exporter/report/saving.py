"""Recommendations about models: how to pay less, and be refused less often."""

from collections.abc import Iterator

from ..live.tables import LLM
from .facts import Facts, share
from .figure import count, dollars, percent, shown
from .models import by_model
from .recommendation import CALLS_MIN, Priority, Recommendation, joined, listed, worth
from .score import Score

_HOUR_SECONDS = 3600
_DAY_SECONDS = 86400
_MONTH_SECONDS = 30 * 86400
_LIMITED_MIN = 0.02
_DEARER = 1.5


def limited(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    """Yield what to do where providers refuse calls."""
    found = [
        (one, share(one.rate_limited, one.calls.calls + one.rate_limited)) for one in by_model(facts.now.rows[LLM])
    ]
    refused = [(one, part) for one, part in found if part and part >= _LIMITED_MIN and one.rate_limited >= CALLS_MIN]
    if refused:
        told = [f"{one.provider} {one.model}: {count(one.rate_limited)} ({percent(part)})" for one, part in refused]
        yield Recommendation(
            "medium" if any(part >= 2 * _LIMITED_MIN for _, part in refused) else "low",
            "Stay within the rate limits of providers",
            f"attempts that were refused: {listed(told)}",
            "Spread the load, lower concurrency, raise the quota, or fall back to another model.",
            f"{count(sum(one.rate_limited for one, _ in refused))} attempts, and the waiting before each repetition",
        )


def dear(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    """Yield a cheaper model that answers, too: what writes no tokens embeds, and cannot take its place."""
    models = [
        (one, one.cost_per_1k_tokens)
        for one in by_model(facts.now.rows[LLM])
        if one.calls.calls >= CALLS_MIN and one.calls.extras.get("output_tokens")
    ]
    priced = [(one, price) for one, price in models if price]
    if not priced:
        return
    (dear, much), (cheap, little) = max(priced, key=lambda one: one[0].cost), min(priced, key=lambda one: one[1])
    if much < _DEARER * little:
        return
    quick = [f"{one.model}: p95 {shown(one.calls.quantile(0.95), 'seconds')}" for one in (dear, cheap)]
    yield Recommendation(
        "low",
        f"Try {cheap.model} where {dear.model} is used",
        f"a thousand tokens cost {dollars(much)} with {dear.model} and {dollars(little)} with {cheap.model}"
        f" ({', '.join(quick)})",
        "Compare their answers on your own cases first: scores recorded with tachograph.score show whether they do.",
        f"{_projected(0.1 * dear.cost * (1 - little / much), facts.now.seconds)} for each tenth of its calls",
    )


def _projected(cost: float, seconds_known: float) -> str:
    """Return a saving in 30 days; what is known of less than an hour says nothing about a month."""
    if seconds_known < _HOUR_SECONDS:
        return f"{dollars(cost)} in such a period"
    return f"{dollars(cost * _MONTH_SECONDS / seconds_known)} in 30 days"


def spent(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    """Yield what to do where a day costs most of its budget, or more."""
    cost = sum(row.extras.get("cost_usd", 0.0) for row in facts.now.rows[LLM])
    day = cost / facts.now.seconds * _DAY_SECONDS
    warning, critical = facts.limit("LlmBudgetSpent", "warning"), facts.limit("LlmBudgetSpent", "critical")
    if not facts.budget or facts.now.seconds < _HOUR_SECONDS or day < warning * facts.budget:
        return
    priority: Priority = "high" if day >= critical * facts.budget else "medium"
    yield Recommendation(
        priority,
        "Spend less on models, or raise the budget",
        f"a day costs {dollars(day)}, which is {percent(day / facts.budget)} of its budget of {dollars(facts.budget)}",
        "Begin with the model that costs most: shorter prompts, cached ones, a cheaper model, fewer repetitions.",
        f"{dollars(max(0.0, day - facts.budget))} a day beyond the budget" if day > facts.budget else "room for peaks",
    )


def wasted(facts: Facts, score: Score) -> Iterator[Recommendation]:
    """Yield what to do where tokens are paid for in vain."""
    value, target = facts.now.figures["tokens"], facts.target("tokens")
    if value is None or value >= target.good:
        return
    cost = sum(row.extras.get("cost_usd", 0.0) for row in facts.now.rows[LLM])
    yield Recommendation(
        "low",
        "Pay for fewer tokens that are of no use",
        f"{percent(value)} of the tokens paid for were useful (target {percent(target.good)})",
        "Let prompts begin with what stays the same, so that providers cache it; end calls that nobody waits for.",
        joined(
            f"about {dollars(cost * (target.good - value))} in such a period" if cost else "", worth(score, "tokens")
        ),
        score.gain("tokens"),
    )
