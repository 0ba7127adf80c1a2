"""A report in Markdown (CommonMark with GitHub's tables); nothing that was measured can be read as markup."""

import re
from collections.abc import Iterator

from .document import Block, Cell, Document, Items, Paragraph, Plots, Table, Verdict
from .figure import shown
from .statistics import spread
from .table import cut, plain
from .text import bars

# What may begin markup, a mention or a link: CommonMark 2.4 lets each be escaped.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&$@]|:(?=//)|^[-+#](?=\s|#))")
_SIGNS = {"good": "🟢 ", "fair": "🟡 ", "warning": "🟠 ", "critical": "🔴 "}
_CODE_MAX = 120


def markdown(document: Document) -> str:
    """Return a report as Markdown."""
    lines = [f"# {escaped(document.title)}", "", escaped(document.subtitle), ""]
    for section in document.sections:
        lines += [f"## {escaped(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join([*lines, escaped(document.footer)])


def escaped(text: str) -> str:
    """Return a text in one line that Markdown shows as it is; mentions and links are none."""
    return _MARKUP.sub(r"\\\1", plain(text)).replace("\\@", "&#64;").replace("\\<", "&lt;")


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield escaped(block.text)
    elif isinstance(block, Verdict):
        value = "-" if block.value is None else f"{block.value:.0f}"
        yield f"{_SIGNS.get(block.state, '')}**{value} of 100**: {escaped(block.told)}"
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Plots):
        yield from _plots(block)
    else:
        yield from _items(block)


def _table(table: Table) -> Iterator[str]:
    yield _row([escaped(head) for head in table.heads])
    yield _row([":--" if place < table.left else "--:" for place in range(len(table.heads))])
    for row in table.rows:
        yield _row([_cell(cell) for cell in row])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    shown_text = cut(cell.text, _CODE_MAX) if cell.code else cell.text
    return f"{_SIGNS.get(cell.state, '')}{escaped(shown_text)}"


def _plots(block: Plots) -> Iterator[str]:
    yield _row(["", "Course", "Average", "Least", "Most"])
    yield _row([":--", ":--", "--:", "--:", "--:"])
    for plot in block.plots:
        for curve in plot.curves:
            found = spread(curve.values)
            figures = [shown(value, plot.unit) for value in (found.average, found.minimum, found.maximum)]
            name = escaped(f"{plot.title} {curve.name}".strip())
            yield _row([name, f"`{bars(curve.values)}`", *map(escaped, figures)])


def _items(items: Items) -> Iterator[str]:
    for number, item in enumerate(items.items, 1):
        yield f"{number}. **{escaped(item.priority)}: {escaped(item.title)}**"
        for label, told in item.lines:
            yield f"   - {escaped(label)}: {escaped(told)}"
