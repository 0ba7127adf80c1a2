"""One row in full: every figure of it, and whole names."""

from rich.cells import cell_len, chop_cells
from rich.text import Text

from .harmless import harmless
from .state import Row
from .tables import Table

_LONGEST = 2000


def detail(table: Table, row: Row, width: int) -> list[Text]:
    """Return a row in lines."""
    room = max(cell_len(column.title) for column in table.columns) + 2
    lines = []
    for column in table.columns:
        text, style = column.cell(row)
        if column.name:
            text = harmless(column.key(row))[:_LONGEST]
        lines += _wrapped(column.title, text, style, (room, width))
    for words in ("description", "text"):
        if row.get(words):
            lines += ["", *_wrapped("", harmless(row[words])[:_LONGEST], "", (0, width))]
    for found in row.get("findings", ()):
        said = f"{harmless(found['finding']).replace('_', ' ')}: {harmless(found['advice'])}"
        lines += ["", *_wrapped("", said, "yellow", (0, width))]
    if row.get("runbook"):
        lines += ["", *_wrapped("", f"Runbook: {harmless(row['runbook'])} of the exporter", "dim", (0, width))]
    return [line if isinstance(line, Text) else Text(line, no_wrap=True) for line in lines]


def _wrapped(title: str, text: str, style: str, room: tuple[int, int]) -> list[Text | str]:
    indent, width = room
    pieces = chop_cells(text, max(width - indent, 10)) or [""]
    lines: list[Text | str] = [Text(no_wrap=True).append(title.ljust(indent), "bold").append(pieces[0], style)]
    lines += [Text(" " * indent, no_wrap=True).append(piece, style) for piece in pieces[1:]]
    return lines
