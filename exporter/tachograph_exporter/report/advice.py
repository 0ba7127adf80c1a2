"""Recommendations: what to do first, the evidence for it, and what it would gain."""

import re
from collections.abc import Callable, Iterator, Sequence

from ..live.indicators import Target
from ..live.tables import CACHE, DATABASE, LLM, OPERATIONS
from ..past.series import Calls
from ..rules.operations import MEMORY
from ..rules.slo import BAD_CALLS
from .facts import Facts, share
from .figure import count, dollars, percent, seconds
from .recommendation import CALLS_MIN, PRIORITIES, Priority, Recommendation, joined, listed, worth
from .saving import dear, limited, spent, wasted
from .score import Score
from .statements import Statement, statements
from .summary import named
from .table import cut

Figure = Callable[[Calls], float | None]
_ROWS = 3
_TEXT_MOST = 80
_FULL = 0.95
_KINDS = {"llm": "models", "db": "the database", "cache": "caches", "own": "own code", "operation": "inner operations"}


def recommendations(facts: Facts, score: Score) -> list[Recommendation]:
    """Return the recommendations, by priority and then by what they add to the score."""
    found = [one for rule in _RULES for one in rule(facts, score)]
    return sorted(found, key=lambda one: (PRIORITIES.index(one.priority), -one.points, one.title))


def _beyond(rows: Sequence[Calls], target: Target, figure: Figure) -> list[tuple[Calls, float]]:
    """Return the rows with enough calls whose figure misses a target's warning, those with most calls first."""
    found = []
    for row in sorted(rows, key=lambda row: -row.calls):
        value = figure(row)
        if row.calls >= CALLS_MIN and value is not None and target.state(value) in ("warning", "critical"):
            found.append((row, value))
    return found


def _priority(found: Sequence[tuple[Calls, float]], target: Target) -> Priority:
    return "high" if any(target.state(value) == "critical" for _, value in found) else "medium"


def _failing(facts: Facts, score: Score) -> Iterator[Recommendation]:
    target = facts.target("errors")
    for table, what in ((OPERATIONS, "operations"), (LLM, "calls of models"), (DATABASE, "queries")):
        rows = [row for row in facts.now.rows[table] if row.errors >= BAD_CALLS]
        found = _beyond(rows, target, lambda row: row.error_ratio)
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
            f"{listed(told)}; the target is {percent(target.good)}",
            "Look at errors by type on the dashboards, and at a trace that failed; time out early, repeat what passes,"
            " fall back to another where there is one.",
            joined(f"{count(fewer)} failures fewer", worth(score, "errors") if scored else ""),
            score.gain("errors") if scored else 0.0,
        )


def _slow(facts: Facts, score: Score) -> Iterator[Recommendation]:
    for table, name, what in (
        (OPERATIONS, "operation", "operations"),
        (LLM, "llm", "models"),
        (DATABASE, "query", "queries"),
    ):
        target = facts.target(name)
        found = _beyond(facts.now.rows[table], target, lambda row: row.quantile(0.95))
        if not found:
            continue
        told = [f"{named(row.labels)}: {seconds(value)}" for row, value in found]
        goes = _where_time_goes(found[0][0]) if table is OPERATIONS else ""
        waited = sum(_above(row, target.good) for row, _ in found)
        yield Recommendation(
            _priority(found, target),
            f"Make {what} quicker",
            joined(f"p95 of {listed(told)}; the target is {seconds(target.good)}", goes),
            _HOW[table],
            joined(f"{count(waited)} calls no longer above {seconds(target.good)}", worth(score, name)),
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


def _memory(facts: Facts, _score: Score) -> Iterator[Recommendation]:
    limit = facts.limit("OperationMemorySlow", "warning")
    rows = [row for row in facts.now.rows[OPERATIONS] if re.fullmatch(MEMORY, row.labels["operation"])]
    slow = [(row, row.average) for row in rows if row.calls >= CALLS_MIN and row.average and row.average > limit]
    if slow:
        told = [f"{named(row.labels)}: {seconds(average)}" for row, average in slow]
        yield Recommendation(
            "medium",
            "Make memory operations quicker",
            f"average of {listed(told)}; the limit is {seconds(limit)}",
            "Look at what their traces wait for: index the vectors, make fewer round trips, cache embeddings.",
            f"{seconds(sum((average - limit) * row.calls for row, average in slow))} of waiting in such a period",
        )


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
    text = [cut(one.text, _TEXT_MOST)] if one.text else []
    if one.calls.calls:
        took = f"{count(one.calls.calls)} calls took {seconds(one.calls.seconds)} in all"
        evidence = [took, *evidence, *([f"slow: {count(one.slow)} times"] if one.slow >= 1 else [])]
    part = share(one.calls.seconds, database)
    gain = (
        f"at most {seconds(one.calls.seconds)} of database time"
        if one.calls.seconds
        else "one statement in place of many"
    )
    if not one.calls.seconds and "n_plus_one" not in one.findings:
        gain = "fewer rows and bytes"
    return Recommendation(
        "medium" if one.slow >= 1 or "n_plus_one" in one.findings else "low",
        f"Improve the statement {one.summary}",
        joined(*text, *evidence),
        " ".join(one.advice.values()),
        gain + (f" ({percent(min(part, 1.0))} of it)" if part and one.calls.seconds else ""),
    )


def _caches(facts: Facts, score: Score) -> Iterator[Recommendation]:
    target = facts.target("hits")
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
            joined(f"{count(fewer)} misses fewer", _saved_by(row, fewer), worth(score, "hits")),
            score.gain("hits"),
        )


def _saved_by(row: Calls, hits: float) -> str:
    """Return what so many hits more would save, at what one saved until now."""
    made = row.extras.get("hits", 0.0)
    time, cost = (row.extras.get(name, 0.0) * hits / made if made else 0.0 for name in ("saved_seconds", "saved_usd"))
    return joined(f"{seconds(time)} of waiting" if time else "", dollars(cost) if cost else "")


def _host(facts: Facts, score: Score) -> Iterator[Recommendation]:
    how = {
        "cpu": "Look at the top processes on the live page; add cores or spread the load.",
        "memory": "Look at the processes that use most of it; a figure that only rises is a leak.",
        "disk": "Delete or move what is not needed, or make it larger: `tachograph capacity` says when it is full.",
    }
    for name, action in how.items():
        target, value = facts.target(name), facts.now.figures[name]
        state = target.state(value)
        if value is not None and state in ("warning", "critical"):
            yield Recommendation(
                "high" if state == "critical" else "medium",
                f"Lower the {target.title[0].lower() + target.title[1:] if name != 'cpu' else target.title}",
                f"{percent(value)} (target {percent(target.good)}, warning {percent(target.warning or 1)})",
                action,
                worth(score, name) or "room for peaks",
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
            worth(score, "quiet") or "quiet",
            score.gain("quiet"),
        )


_RULES = (_alarms, _failing, _slow, _statements, _caches, limited, spent, dear, wasted, _memory, _host)
