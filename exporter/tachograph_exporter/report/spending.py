"""The report's tables of what was called: models, statements and caches, and what they cost and saved."""

from collections.abc import Callable, Iterator, Sequence

from ..live.tables import CACHE
from .document import Block, Cell, Paragraph, Table, cell
from .facts import share
from .figure import changed, count, dollars, percent, seconds, shown
from .models import Compared
from .report import Report
from .summary import named

_DAY_SECONDS = 86400
_HOUR_SECONDS = 3600


def models(report: Report) -> Iterator[Block]:
    """Yield models and providers side by side."""
    heads = ("Calls", "Errors", "p50", "p95", "Refused", "Cost", "per 1k calls", "per 1k tokens")
    if report.models:
        yield Table(("Provider", "Model", *heads), _best(report.models, ("provider", "model")), left=2)
    if len(report.providers) > 1:
        yield Table(("Provider", *heads), _best(report.providers, ("provider",)))


def _best(compared: Sequence[Compared], names: tuple[str, ...]) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows; the best of each column is coloured where it can be told from the others."""
    columns = [_column([figure(one) for one in compared], unit) for figure, unit in _FIGURES]
    return tuple(
        (*(Cell(getattr(one, name)) for name in names), Cell(count(one.calls.calls)), *cells)
        for one, *cells in zip(compared, *columns, strict=True)
    )


def _column(values: Sequence[float | None], unit: str) -> list[Cell]:
    texts = [shown(value, unit) for value in values]
    known = [value for value in values if value is not None]
    best = shown(min(known), unit) if known and len(set(texts)) > 1 and unit not in _PLAIN else None
    return [cell(text, "good" if text == best else "") for text in texts]


_PLAIN = ("number", "spent")
_FIGURES: tuple[tuple[Callable[[Compared], float | None], str], ...] = (
    (lambda one: one.calls.error_ratio, "ratio"),
    (lambda one: one.calls.quantile(0.5), "seconds"),
    (lambda one: one.calls.quantile(0.95), "seconds"),
    (lambda one: one.rate_limited, "number"),
    (lambda one: one.cost or None, "spent"),
    (lambda one: one.cost_per_1k_calls, "USD"),
    (lambda one: one.cost_per_1k_tokens, "USD"),
)


def cost(report: Report) -> Iterator[Block]:
    """Yield what was spent on models."""
    if not report.cost:
        return
    rate = report.cost / report.facts.now.seconds
    line = f"{dollars(report.cost)} for models, which is {dollars(3600 * rate)} an hour."
    if report.facts.now.seconds >= _HOUR_SECONDS:
        day = rate * _DAY_SECONDS
        line = f"{dollars(report.cost)} for models, which is {dollars(day)} a day and {dollars(30 * day)} in 30 days."
        if report.facts.budget:
            line += (
                f" The budget of a day is {dollars(report.facts.budget)}: {percent(day / report.facts.budget)} of it."
            )
    if report.cost_before:
        change = changed(report.cost / report.cost_before - 1)
        line += f" In the period before it was {dollars(report.cost_before)} ({change})."
    yield Paragraph(line)
    rows = [
        (Cell(one.provider), Cell(one.model), Cell(dollars(one.cost)), Cell(percent(one.cost / report.cost)))
        for one in sorted(report.models, key=lambda one: -one.cost)
        if one.cost
    ]
    yield Table(("Provider", "Model", "Cost", "Share"), tuple(rows), left=2)


def statements(report: Report) -> Iterator[Block]:
    """Yield the statements that take most time."""
    if not report.statements:
        return
    rows = []
    for one in report.statements:
        calls = one.calls
        found = ", ".join(sorted(name.replace("_", " ") for name in one.advice)) or "-"
        figures = (
            shown(calls.calls or None, "number"),
            shown(one.slow if calls.calls else None, "number"),
            shown(calls.average, "seconds"),
            shown(calls.quantile(0.95), "seconds"),
            shown(calls.seconds if calls.calls else None, "seconds"),
        )
        rows.append((Cell(one.text or one.summary, code=True), Cell(found), *map(Cell, figures)))
    yield Table(("Statement", "Found", "Calls", "Slow", "Average", "p95", "In all"), tuple(rows), left=2)


def caches(report: Report) -> Iterator[Block]:
    """Yield how caches did, and what their hits saved."""
    found = report.facts.now.rows[CACHE]
    if not found:
        return
    saved = sum(row.extras.get("saved_seconds", 0.0) for row in found)
    money = sum(row.extras.get("saved_usd", 0.0) for row in found)
    if saved or money:
        what = [seconds(saved)] if saved else []
        yield Paragraph(f"Hits saved {' and '.join([*what, *([dollars(money)] if money else [])])}.")
    target = report.facts.target("hits")
    rows = []
    for row in sorted(found, key=lambda row: -row.calls):
        hits = share(row.extras["hits"], row.calls)
        rows.append(
            (
                Cell(named(row.labels)),
                Cell(count(row.calls)),
                cell(shown(hits, "ratio"), target.state(hits)),
                Cell(shown(row.extras.get("saved_seconds"), "seconds")),
                Cell(shown(row.extras.get("saved_usd"), "USD")),
                Cell(count(row.extras["evictions"])),
            )
        )
    yield Table(("Cache", "Requests", "Hit rate", "Time saved", "Cost saved", "Evictions"), tuple(rows))
