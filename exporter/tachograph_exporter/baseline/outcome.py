"""A comparison as text, as Markdown, as JSON, and as JUnit's XML for CI."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from ..past.window import clock
from ..tabular import Rows, markdown_table, marked, shown, text_table
from ..top.figures import NONE, count, digits, ratio, seconds
from .comparison import ERRORS, Comparison, Finding, Verdict
from .record import Record, Row

Table = Callable[[Sequence[str], Rows], list[str]]
_HEADS = ("operation", "measure", "calls", "then", "now", "change", "for certain")
_ROWS_SHOWN: dict[Verdict, int] = {"worse": 20, "better": 20, "unclear": 8}
_NAMES_SHOWN = 8
_SKIPPED: tuple[Verdict, ...] = ("too few calls", "beyond the buckets")


def text(comparison: Comparison, *, width: int | None) -> str:
    """Return the comparison as text; names are cut to a width, if there is one."""

    def table(heads: Sequence[str], rows: Rows) -> list[str]:
        return text_table(heads, rows, width=width)

    lines = [*_between(comparison), ""]
    for verdict, rows in _tables(comparison):
        lines += [_heading(verdict, comparison), *table(_HEADS, rows), ""]
    return "\n".join([*map(shown, [*lines, *_rest(comparison), summary(comparison)]), ""])


def markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown."""
    lines = [f"## {summary(comparison)}", "", *(f"* {marked(line)}" for line in _between(comparison)), ""]
    for verdict, rows in _tables(comparison):
        lines += [f"### {_heading(verdict, comparison)}", "", *markdown_table(_HEADS, rows), ""]
    return "\n".join([*lines, *(f"* {marked(line)}" for line in _rest(comparison)), ""])


def plain(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON has it."""
    return {
        "baseline": _side(comparison.baseline),
        "now": _side(comparison.now),
        "fail_on": comparison.fail_on,
        "worse": len(comparison.worse),
        "findings": [_finding(one) for one in comparison.findings],
        "gone": [_named(row) for row in comparison.gone],
        "new": [_named(row) for row in comparison.added],
        "buckets_changed": [_named(row) for row in comparison.incomparable],
        "summary": summary(comparison),
    }


def as_json(comparison: Comparison) -> str:
    """Return the comparison as JSON."""
    return json.dumps(plain(comparison), indent=2, ensure_ascii=False)


def junit(comparison: Comparison) -> str:
    """Return a test case for each measure of each operation: what is worse failed, what cannot be told was skipped."""
    found = comparison.findings
    counts = {
        "tests": len(found),
        "failures": len(comparison.worse),
        "skipped": sum(one.verdict in _SKIPPED for one in found),
        "errors": 0,
    }
    suite = ET.Element("testsuite", {"name": f"baseline {comparison.baseline.name}"} | _texts(counts))
    for one in found:
        owner = ".".join(filter(None, (one.row.table, one.row.service)))
        case = ET.SubElement(
            suite, "testcase", {"classname": shown(owner), "name": shown(f"{one.row.name} {one.measure}")}
        )
        told = shown(", ".join(f"{head} {cell}" for head, cell in zip(_HEADS[2:], _cells(one)[2:], strict=True)))
        if one.verdict == "worse":
            ET.SubElement(case, "failure", {"message": told, "type": "worse"})
        elif one.verdict in _SKIPPED:
            ET.SubElement(case, "skipped", {"message": one.verdict})
        else:
            ET.SubElement(case, "system-out").text = f"{one.verdict}: {told}"
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def summary(comparison: Comparison) -> str:
    """Return the outcome in a line."""
    known = sum(one.change is not None for one in comparison.findings)
    if not comparison.told:
        return "nothing can be compared"
    worse = len(comparison.worse)
    if worse:
        return f"{worse} of {known} measures got worse by more than {ratio(comparison.fail_on)}"
    return f"none of {known} measures got worse by more than {ratio(comparison.fail_on)}"


def _between(comparison: Comparison) -> list[str]:
    then, now = comparison.baseline, comparison.now
    lines = [
        f"then  {clock(then.start)} to {clock(then.end)}, the baseline {then.name}, from {then.place}",
        f"now   {clock(now.start)} to {clock(now.end)}, from {now.place}",
    ]
    overlap = min(then.end, now.end) - max(then.start, now.start)
    if overlap > 0:
        lines.append(f"{ratio(overlap / now.seconds)} of it is the baseline's own time: what is compared is the same")
    return lines


def _tables(comparison: Comparison) -> list[tuple[Verdict, Rows]]:
    tables: list[tuple[Verdict, Rows]] = []
    for verdict, most in _ROWS_SHOWN.items():
        rows = [_cells(one) for one in _sorted(comparison.findings) if one.verdict == verdict]
        if len(rows) > most:
            rows[most:] = [(f"… and {len(rows) - most} more", *[""] * (len(_HEADS) - 1))]
        if rows:
            tables.append((verdict, rows))
    return tables


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: -abs(one.ratio if one.ratio is not None else math.inf))


def _heading(verdict: Verdict, comparison: Comparison) -> str:
    if verdict == "unclear":
        return f"Unclear: more than {ratio(comparison.fail_on)} worse can be neither seen nor ruled out"
    return f"{verdict.capitalize()}, by more than chance and more than {ratio(comparison.fail_on)}"


def _rest(comparison: Comparison) -> list[str]:
    lines = []
    same = sum(one.verdict == "same" for one in comparison.findings)
    if same:
        lines.append(f"as before: {same} measures")
    for verdict in _SKIPPED:
        names = [f"{_title(one.row)} {one.measure}" for one in comparison.findings if one.verdict == verdict]
        if names:
            lines.append(f"{verdict}: {_listed(names)}")
    sides = {
        "gone": comparison.gone,
        "new": comparison.added,
        "buckets changed, save it again": comparison.incomparable,
    }
    lines += [f"{what}: {_listed([_title(row) for row in rows])}" for what, rows in sides.items() if rows]
    return lines


def _cells(one: Finding) -> Sequence[str]:
    name = _title(one.row)
    if one.change is None:
        return (name, one.measure, count(one.row.calls), *[NONE] * 4)
    write = ratio if one.measure == ERRORS else seconds
    change = one.change
    then, now = (_value(write, value) for value in (change.before.value, change.after.value))
    certain = f"{_growth(change.low, one)} … {_growth(change.high, one)}"
    return (name, one.measure, count(one.row.calls), then, now, _growth(change.difference, one), certain)


def _title(row: Row) -> str:
    return f"{row.name} ({row.service})" if row.service else row.name


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _value(write: Callable[[float | None], str], value: float) -> str:
    return "∞" if math.isinf(value) else write(value)


def _growth(difference: float, one: Finding) -> str:
    """Return a difference in per cent of what was before; that of an error rate in points of a per cent."""
    if math.isinf(difference):
        return "+∞" if difference > 0 else "-∞"
    before = one.change.before.value if one.change and one.measure != ERRORS else 0.0
    share = difference / before if before else difference
    return f"{'+' if share >= 0 else ''}{digits(share * 100, 2)} {'%' if before else 'pt'}"


def _side(record: Record) -> dict[str, Any]:
    return {"name": record.name, "place": record.place, "start": record.start, "end": record.end}


def _finding(one: Finding) -> dict[str, Any]:
    found = {**_named(one.row), "calls": one.row.calls, "measure": one.measure, "verdict": one.verdict}
    if one.change is None:
        return {**found, "then": None, "now": None, "difference": None, "low": None, "high": None}
    change = one.change
    values = {
        "then": change.before.value,
        "now": change.after.value,
        "difference": change.difference,
        "low": change.low,
        "high": change.high,
    }
    return {**found, **{name: float(f"{v:.6g}") if math.isfinite(v) else None for name, v in values.items()}}


def _named(row: Row) -> dict[str, Any]:
    return {"table": row.table, **row.labels}


def _texts(values: dict[str, int]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
