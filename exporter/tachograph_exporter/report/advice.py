"""Recommendations: what to do first, the evidence for it, and what it would gain."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..live.indicators import TARGETS, Target
from ..live.tables import CACHE, DATABASE, LLM, OPERATIONS
from ..past.series import Calls
from .facts import Facts, share
from .figure import count, dollars, percent, seconds, shown
from .models import by_model
from .score import QUIET, Score
from .statements import Statement, statements
from .summary import named

Figure = Callable[[Calls], float | None]
Priority = Literal["high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("high", "medium", "low")
_TARGETS = {target.name: target for target in (*TARGETS, QUIET)}
_BY_STATE: dict[str, Priority] = {"critical": "high", "warning": "medium", "fair": "low"}
_CALLS_MIN = 20
_ROWS = 3
_MONTH_SECONDS = 30 * 86400
_FULL = 0.95
_LIMITED_MIN = 0.02
_DEARER = 1.5
_KINDS = {"llm": "models", "db": "the database", "cache": "caches", "own": "own code", "operation": "inner operations"}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do; `points` is how much of the score depends on it."""

    priority: Priority
    title: str
    evidence: str
    action: str
    gain: str
    points: float = 0.0


def recommendations(facts: Facts, score: Score) -> list[Recommendation]:
    """Return the recommendations, by priority and then by what they add to the score."""
    found = [one for rule in _RULES for one in rule(facts, score)]
    return sorted(found, key=lambda one: (PRIORITIES.index(one.priority), -one.points, one.title))


def _worth(score: Score, name: str) -> str:
    return f"up to {score.gain(name):.0f} points of the score" if score.gain(name) >= 0.5 else ""


def _joined(*gains: str) -> str:
    return "; ".join(gain for gain in gains if gain)


def _beyond(rows: Sequence[Calls], target: Target, figure: Figure) -> list[tuple[Calls, float]]:
    """Return the rows with enough calls whose figure misses a target's warning, those with most calls first."""
    found = []
    for row in sorted(rows, key=lambda row: -row.calls):
        value = figure(row)
        if row.calls >= _CALLS_MIN and value is not None and target.state(value) in ("warning", "critical"):
            found.append((row, value))
    return found


def _priority(found: Sequence[tuple[Calls, float]], target: Target) -> Priority:
    return "high" if any(target.state(value) == "critical" for _, value in found) else "medium"


def _listed(told: Sequence[str]) -> str:
    more = len(told) - _ROWS
    return "; ".join(told[:_ROWS]) + (f"; and {more} more" if more > 0 else "")


def _failing(facts: Facts, score: Score) -> Iterator[Recommendation]:
    target = _TARGETS["errors"]
    for table, what in ((OPERATIONS, "operations"), (LLM, "calls of models"), (DATABASE, "queries")):
        found = _beyond(facts.now.rows[table], target, lambda row: row.error_ratio)
        if not found:
            continue
        told = [
            f"{named(row.labels)}: {count(row.errors)} of {count(row.calls)} ({percent(value)})" for row, value in found
        ]
        fewer = sum(row.errors - target.good * row.calls for row, _ in found)
        scored = table is not DATABASE
        yield Recommendation(
            _priority(found, target),
            f"Find out why {what} fail",
            f"{_listed(told)}; the target is {percent(target.good)}",
            "Look at errors by type on the dashboards, and at a trace that failed; time out early, repeat what passes,"
            " fall back to another where there is one.",
            _joined(f"{count(fewer)} failures fewer", _worth(score, "errors") if scored else ""),
            score.gain("errors") if scored else 0.0,
        )


def _slow(facts: Facts, score: Score) -> Iterator[Recommendation]:
    for table, name, what in (
        (OPERATIONS, "operation", "operations"),
        (LLM, "llm", "models"),
        (DATABASE, "query", "queries"),
    ):
        target = _TARGETS[name]
        found = _beyond(facts.now.rows[table], target, lambda row: row.quantile(0.95))
        if not found:
            continue
        told = [f"{named(row.labels)}: {seconds(value)}" for row, value in found]
        goes = _where_time_goes(found[0][0]) if table is OPERATIONS else ""
        waited = sum(_above(row, target.good) for row, _ in found)
        yield Recommendation(
            _priority(found, target),
            f"Make {what} quicker",
            _joined(f"p95 of {_listed(told)}; the target is {seconds(target.good)}", goes),
            _HOW[table],
            _joined(f"{count(waited)} calls no longer above {seconds(target.good)}", _worth(score, name)),
            score.gain(name),
        )


def _above(row: Calls, limit: float) -> float:
    """Return how many calls surely took longer than a limit: those in the buckets above it."""
    return sum(found for lower, found in zip((0.0, *row.bounds), row.counts, strict=False) if lower >= limit)


_HOW = {
    OPERATIONS: "Look at its slowest traces on the live page, begin with the kind of call that takes most of the time.",
    LLM: "Shorten prompts and answers, stream, cache what is asked again, or use a quicker model where it does.",
    DATABASE: "Look at the plan (EXPLAIN ANALYZE): a missing index is the usual cause.",
}


def _where_time_goes(row: Calls) -> str:
    parts = {kind: row.extras.get(f"{kind}_seconds", 0.0) for kind in _KINDS}
    total = sum(parts.values())
    if not total:
        return ""
    kind = max(parts, key=lambda one: parts[one])
    return f"{percent(parts[kind] / total)} of the time of the first goes to {_KINDS[kind]}"


def _statements(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    database = sum(row.seconds for row in facts.now.rows[DATABASE])
    for one in statements(facts)[:_ROWS]:
        if one.advice:
            yield _statement(one, database)


def _statement(one: Statement, database: float) -> Recommendation:
    evidence = [f"{name.replace('_', ' ')}: {count(found)} times" for name, found in sorted(one.findings.items())]
    if one.calls.calls:
        took = f"{count(one.calls.calls)} calls took {seconds(one.calls.seconds)} in all"
        evidence = [took, *evidence, *([f"slow: {count(one.slow)} times"] if one.slow >= 1 else [])]
    part = share(one.calls.seconds, database)
    gain = f"at most {seconds(one.calls.seconds)} of database time" if one.calls.seconds else "fewer rows and bytes"
    return Recommendation(
        "medium" if one.slow >= 1 or "n_plus_one" in one.findings else "low",
        f"Improve the statement {one.summary}",
        _joined(*evidence),
        " ".join(one.advice.values()),
        gain + (f" ({percent(min(part, 1.0))} of it)" if part and one.calls.seconds else ""),
    )


def _caches(facts: Facts, score: Score) -> Iterator[Recommendation]:
    target = _TARGETS["hits"]
    for row, value in _beyond(facts.now.rows[CACHE], target, lambda row: share(row.extras["hits"], row.calls))[:_ROWS]:
        fewer = (target.good - value) * row.calls
        entries, most, evicted = (row.extras.get(name, 0.0) for name in ("entries", "max_entries", "evictions"))
        full = most > 0 and entries >= _FULL * most and evicted >= 1
        evidence = f"{percent(value)} of {count(row.calls)} requests were hits (target {percent(target.good)})"
        if full:
            evidence += f"; it is full ({count(entries)} of {count(most)} entries) and evicted {count(evicted)}"
        yield Recommendation(
            _priority([(row, value)], target),
            f"Let cache {named(row.labels)} hit more often",
            evidence,
            "Make it larger: it evicts what is asked again."
            if full
            else "Keep entries longer, warm it, or cache by a key that recurs.",
            _joined(f"{count(fewer)} misses fewer", _saved_by(row, fewer), _worth(score, "hits")),
            score.gain("hits"),
        )


def _saved_by(row: Calls, hits: float) -> str:
    """Return what so many hits more would save, at what one saved until now."""
    made = row.extras.get("hits", 0.0)
    time, cost = (row.extras.get(name, 0.0) * hits / made if made else 0.0 for name in ("saved_seconds", "saved_usd"))
    return _joined(f"{seconds(time)} of waiting" if time else "", dollars(cost) if cost else "")


def _limited(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    found = [
        (one, share(one.rate_limited, one.calls.calls + one.rate_limited)) for one in by_model(facts.now.rows[LLM])
    ]
    refused = [(one, part) for one, part in found if part and part >= _LIMITED_MIN and one.rate_limited >= _CALLS_MIN]
    if refused:
        told = [f"{one.provider} {one.model}: {count(one.rate_limited)} ({percent(part)})" for one, part in refused]
        yield Recommendation(
            "medium" if any(part >= 2 * _LIMITED_MIN for _, part in refused) else "low",
            "Stay within the rate limits of providers",
            f"attempts that were refused: {_listed(told)}",
            "Spread the load, lower concurrency, raise the quota, or fall back to another model.",
            f"{count(sum(one.rate_limited for one, _ in refused))} attempts, and the waiting before each repetition",
        )


def _dear(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    models = [one for one in by_model(facts.now.rows[LLM]) if one.calls.calls >= _CALLS_MIN and one.cost_per_1k_calls]
    if len(models) < 2:
        return
    dear, cheap = max(models, key=lambda one: one.cost), min(models, key=lambda one: one.cost_per_1k_calls or 0.0)
    costly, least = dear.cost_per_1k_calls or 0.0, cheap.cost_per_1k_calls or 0.0
    if costly < _DEARER * least:
        return
    tenth = 0.1 * dear.calls.calls * (costly - least) / 1000
    quick = [f"{one.model}: p95 {shown(one.calls.quantile(0.95), 'seconds')}" for one in (dear, cheap)]
    yield Recommendation(
        "low",
        f"Try {cheap.model} where {dear.model} is used",
        f"a thousand calls cost {dollars(costly)} with {dear.model} and {dollars(least)} with"
        f" {cheap.model} ({', '.join(quick)})",
        "Compare their answers on your own cases first: scores recorded with tachograph.score show whether they do.",
        f"{dollars(tenth * _MONTH_SECONDS / facts.now.seconds)} in 30 days for each tenth of its calls",
    )


def _wasted(facts: Facts, score: Score) -> Iterator[Recommendation]:
    value, target = facts.now.figures["tokens"], _TARGETS["tokens"]
    if value is None or value >= target.good:
        return
    cost = sum(row.extras.get("cost_usd", 0.0) for row in facts.now.rows[LLM])
    yield Recommendation(
        "low",
        "Pay for fewer tokens that are of no use",
        f"{percent(value)} of the tokens paid for were useful (target {percent(target.good)})",
        "Let prompts begin with what stays the same, so that providers cache it; end calls that nobody waits for.",
        _joined(
            f"about {dollars(cost * (target.good - value))} in such a period" if cost else "", _worth(score, "tokens")
        ),
        score.gain("tokens"),
    )


def _host(facts: Facts, score: Score) -> Iterator[Recommendation]:
    how = {
        "cpu": "Look at the top processes on the live page; add cores or spread the load.",
        "memory": "Look at the processes that use most of it; a figure that only rises is a leak.",
        "disk": "Delete or move what is not needed, or make it larger: `tachograph capacity` says when it is full.",
    }
    for name, action in how.items():
        target, value = _TARGETS[name], facts.now.figures[name]
        state = target.state(value)
        if value is not None and state in ("warning", "critical"):
            yield Recommendation(
                _BY_STATE[state],
                f"Lower the {target.title[0].lower() + target.title[1:] if name != 'cpu' else target.title}",
                f"{percent(value)} (target {percent(target.good)}, warning {percent(target.warning or 1)})",
                action,
                _worth(score, name) or "room for peaks",
                score.gain(name),
            )


def _alarms(facts: Facts, score: Score) -> Iterator[Recommendation]:
    window = facts.now.window
    critical = [one for one in facts.incidents if one.severity == "critical"]
    if critical:
        names = ", ".join(sorted({one.alert for one in critical}))
        longest = max((one.end or window.end) - one.start for one in critical)
        yield Recommendation(
            "high" if any(one.end is None for one in critical) else "medium",
            "See to it that critical alerts do not come back",
            f"critical alerts that fired: {len(critical)} ({names}), the longest for {seconds(longest)}",
            "Follow their runbooks, and write down what the cause was.",
            _worth(score, "quiet") or "quiet",
            score.gain("quiet"),
        )


_RULES = (_alarms, _failing, _slow, _statements, _caches, _limited, _dear, _wasted, _host)
