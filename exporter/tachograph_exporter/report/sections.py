"""The report's sections: which blocks it is made of."""

from collections.abc import Iterator

from .. import __version__
from ..past import measures
from ..past.measures import Measure
from ..past.series import Incident
from ..past.window import clock, told
from . import spending
from .document import Block, Cell, Curve, Document, Item, Items, Paragraph, Plot, Plots, Section, Table, Verdict, cell
from .figure import changed, shown
from .report import Report
from .summary import named

_CURVES_MAX = 6
_INCIDENTS_MAX = 50
_WORDS = {"good": "good", "fair": "fair", "warning": "needs attention", "critical": "bad", "unknown": "unknown"}
_HIDDEN = {"instance", "job"}


def document(report: Report) -> Document:
    """Return a report as blocks."""
    window = report.facts.now.window
    length = (f"{told(report.facts.now.seconds)} of " if report.facts.reach else "") + told(window.seconds)
    return Document(
        title=f"{report.name}: {_score(report)}",
        subtitle=f"{length}, {clock(window.start)} to {clock(window.end)}; told by {report.facts.place}",
        sections=tuple(section for section in _sections(report) if section.blocks),
        footer=f"Written by Tachograph {__version__}.",
    )


def _score(report: Report) -> str:
    return "no score" if report.score.value is None else f"{report.score.value:.0f} of 100"


def _sections(report: Report) -> Iterator[Section]:
    yield Section("Score", tuple(_verdict(report)))
    yield Section("What to do", (_advice(report),))
    yield Section("Key metrics against their targets", (_metrics(report),))
    yield Section("Course", tuple(_plots(report)))
    yield Section("Since the period before", tuple(_trend(report)))
    yield Section("Incidents", tuple(_incidents(report)))
    yield Section("Models and providers", tuple(spending.models(report)))
    yield Section("Cost", tuple(spending.cost(report)))
    yield Section("Slow statements", tuple(spending.statements(report)))
    yield Section("Caches", tuple(spending.caches(report)))
    yield Section("How the score is computed", tuple(_computed(report)))


def _verdict(report: Report) -> Iterator[Block]:
    first = report.recommendations[0].title if report.recommendations else "Nothing, every measured target is met"
    word = _WORDS[report.score.state].capitalize()
    before = report.score_before.value if report.score_before else None
    since = "" if before is None else f" The period before had {before:.0f}."
    yield Verdict(
        report.score.value, cell("", report.score.state).state, f"{word}.{since} First: {first[0].lower()}{first[1:]}."
    )
    if report.facts.reach:
        yield Paragraph(f"Less is known than was asked for: {report.facts.reach}.", muted=True)


def _advice(report: Report) -> Block:
    if not report.recommendations:
        return Paragraph("Nothing: every target that was measured is met.")
    return Items(
        tuple(
            Item(one.priority, one.title, (("Evidence", one.evidence), ("Do", one.action), ("Gain", one.gain)))
            for one in report.recommendations
        )
    )


def _metrics(report: Report) -> Block:
    rows = []
    for target in report.facts.targets:
        value = report.facts.now.figures[target.name]
        state = target.state(value)
        limits = [shown(limit, target.unit) for limit in (target.good, target.warning, target.critical)]
        word = "" if target.name == "throughput" else _WORDS[state]
        rows.append(
            (Cell(target.title), cell(shown(value, target.unit)), *map(Cell, limits), cell(word, state if word else ""))
        )
    return Table(("Metric", "Value", "Target", "Warning", "Critical", "State"), tuple(rows))


def _plots(report: Report) -> Iterator[Block]:
    plots = [plot for measure in report.facts.series if (plot := _plot(report, measure)).curves]
    if plots:
        yield Plots(tuple(plots))


def _plot(report: Report, measure: Measure) -> Plot:
    window = report.facts.now.window
    found = sorted(report.facts.series[measure], key=lambda one: -max(one.values, default=0))[:_CURVES_MAX]
    marks = [
        (max(one.start, window.end - report.facts.now.seconds), min(one.end or window.end, window.end))
        for one in report.facts.incidents
        if one.severity == "critical"
    ]
    return Plot(
        title=measure.title,
        unit=measure.unit,
        start=window.end - report.facts.now.seconds,
        end=window.end,
        curves=tuple(Curve(named(one.labels), one.times, one.values) for one in found if len(one.values) > 1),
        target=measure.target.good if measure.target and measure is not measures.OPERATIONS_RATE else None,
        marks=tuple(marks),
    )


def _trend(report: Report) -> Iterator[Block]:
    before = report.facts.before
    if before is None:
        yield Paragraph("Nothing is known of the period before.", muted=True)
        return
    yield Paragraph(f"Compared with {clock(before.window.start)} to {clock(before.window.end)}.", muted=True)
    states = {"better": "good", "worse": "warning", "same": ""}
    rows = tuple(
        (
            Cell(one.target.title),
            Cell(shown(one.before, one.target.unit)),
            Cell(shown(one.now, one.target.unit)),
            Cell(changed(one.change)),
            cell("" if one.target.name == "throughput" else one.direction, states[one.direction]),
        )
        for one in report.trends
    )
    yield Table(("Metric", "Before", "Now", "Change", ""), rows)


def _incidents(report: Report) -> Iterator[Block]:
    found = report.facts.incidents
    if not found:
        yield Paragraph("No alert fired, as far as is known.")
        return
    rows = tuple(_incident(one, report.facts.now.window.end) for one in found[-_INCIDENTS_MAX:])
    yield Table(("Alert", "About", "Severity", "From", "Lasted"), rows, left=4)
    if len(found) > _INCIDENTS_MAX:
        yield Paragraph(f"{len(found) - _INCIDENTS_MAX} earlier ones are left out.", muted=True)


def _incident(one: Incident, end: float) -> tuple[Cell, ...]:
    about = ", ".join(value for name, value in one.labels.items() if value and name not in _HIDDEN) or "-"
    lasted = told((one.end or end) - one.start) + (" and goes on" if one.end is None else "")
    state = one.severity if one.severity in ("warning", "critical") else ""
    return Cell(one.alert), Cell(about), cell(one.severity, state), Cell(clock(one.start)), Cell(lasted)


def _computed(report: Report) -> Iterator[Block]:
    yield Paragraph(
        "Each indicator earns its whole weight at its target, half of it at its warning, none at its critical value,"
        " and in proportion between those. What was not measured counts neither for nor against:"
        f" {report.score.measured:g} of 100 were measured."
    )
    rows = []
    for part in report.score.parts:
        points = "not measured" if part.share is None else f"{part.weight * part.share:.1f} of {part.weight:g}"
        rows.append(
            (
                Cell(part.target.title),
                Cell(shown(part.value, part.target.unit)),
                Cell(shown(part.target.good, part.target.unit)),
                cell(points, part.target.state(part.value)),
            )
        )
    yield Table(("Indicator", "Value", "Target", "Points"), tuple(rows))
