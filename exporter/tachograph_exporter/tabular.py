"""Tables as text and as Markdown; what others named is only ever shown."""

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_NAME_MIN = 12
_MARKED = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|"})


def shown(text: str) -> str:
    """Return a name in one line, with a mark for what would do something else than be seen."""
    return "".join(character if character.isprintable() else _REPLACED for character in text)


def text_table(heads: Sequence[str], rows: Rows, *, width: int | None = None, indent: str = "  ") -> list[str]:
    """Return the lines of a table whose first column is names and whose others are figures.

    Names are cut off where a width is given that they do not fit into.
    """
    cells = [[shown(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    if width is not None:
        spare = width - len(indent) - sum(widths[1:]) - 2 * (len(widths) - 1)
        widths[0] = min(widths[0], max(spare, _NAME_MIN))
    lines = []
    for name, *figures in cells:
        line = [_cut(name, widths[0]), *(cell.rjust(size) for cell, size in zip(figures, widths[1:], strict=True))]
        lines.append((indent + "  ".join(line)).rstrip())
    return lines


def markdown_table(heads: Sequence[str], rows: Rows) -> list[str]:
    """Return the lines of a table in Markdown."""
    return [
        f"| {' | '.join(heads)} |",
        f"| --- |{' ---: |' * (len(heads) - 1)}",
        *(f"| {' | '.join(marked(cell) for cell in row)} |" for row in rows),
    ]


def marked(text: str) -> str:
    """Return a name as Markdown shows it, character by character."""
    return shown(text).translate(_MARKED)


def _cut(name: str, width: int) -> str:
    return name.ljust(width) if len(name) <= width else f"{name[: width - 1]}…"
