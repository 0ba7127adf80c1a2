"""A load test's outcome as one HTML file, as reports are."""

from collections.abc import Sequence

from .. import __version__
from ..report.document import Block, Curve, Document, Paragraph, Plot, Plots, Section, Table, cell
from ..report.html import html as page
from ..tabular import Rows
from .document import Plain
from .report import Line, sections, title

_VERDICTS = {"good": "good", "bad": "critical", "worse": "critical", "better": "good", "unclear": "fair"}
_PLOTS = (
    ("Requests", "per second", "per_second"),
    ("p95", "seconds", "p95_seconds"),
    ("Failed", "ratio", "error_ratio"),
)


def html(document: Plain) -> str:
    """Return the report as an HTML page with plots of its course."""
    found = [
        Section(heading, tuple(_block(line) for line in body if line))
        for heading, body in sections(document, _table, "")
    ]
    course = _course(document)
    if course:
        found.insert(1, Section("Course", (Plots(course),)))
    footer = f"tachograph {__version__}, {document['started'] or 'nothing was measured'}"
    return page(
        Document(title(document), f"measured by {document['measured_by'] or 'clients alone'}", tuple(found), footer)
    )


def _table(heads: Sequence[str], rows: Rows) -> Sequence[Line]:
    cells = tuple(tuple(cell(text, _VERDICTS.get(text, "")) for text in row) for row in rows)
    return [Table(tuple(heads), cells)]


def _block(line: Line) -> Block:
    return Paragraph(line) if isinstance(line, str) else line


def _course(document: Plain) -> tuple[Plot, ...]:
    slices = [one for step in document["steps"] for one in step["slices"]]
    if len(slices) < 2:
        return ()
    start, end = slices[0]["at"], slices[-1]["at"]
    plots = []
    for name, unit, key in _PLOTS:
        known = [(one["at"], one[key]) for one in slices if one[key] is not None]
        if known:
            curve = Curve(name, [at for at, _ in known], [value for _, value in known])
            plots.append(Plot(name, unit, start, end, (curve,)))
    return tuple(plots)
