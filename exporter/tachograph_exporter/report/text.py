"""A report in plain text."""

from collections.abc import Iterator, Sequence
from textwrap import fill

from .document import Block, Document, Items, Paragraph, Plot, Plots, Table, Verdict
from .figure import shown
from .statistics import spread
from .table import columns, plain

_WIDTH = 100
_BARS = "▁▂▃▄▅▆▇█"
_BARS_SHOWN = 40


def text(document: Document) -> str:
    """Return a report as text."""
    lines = [plain(document.title), "=" * len(plain(document.title)), plain(document.subtitle), ""]
    for section in document.sections:
        lines += [section.title, "-" * len(section.title)]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join([*lines, document.footer])


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield fill(plain(block.text), _WIDTH)
    elif isinstance(block, Verdict):
        yield plain(f"{'-' if block.value is None else f'{block.value:.0f}'} of 100: {block.told}")
    elif isinstance(block, Table):
        rows = [[cell.text for cell in row] for row in block.rows]
        yield from columns(block.heads, rows, left=block.left)
    elif isinstance(block, Plots):
        yield from columns(
            ("", "", "average", "min", "max"), [row for plot in block.plots for row in _drawn(plot)], left=2
        )
    else:
        yield from _items(block)


def _items(items: Items) -> Iterator[str]:
    for number, item in enumerate(items.items, 1):
        yield plain(f"{number}. [{item.priority}] {item.title}")
        for label, told in item.lines:
            yield fill(plain(f"{label}: {told}"), _WIDTH, initial_indent="   ", subsequent_indent="   ")


def _drawn(plot: Plot) -> Iterator[tuple[str, ...]]:
    for curve in plot.curves:
        found = spread(curve.values)
        name = f"{plot.title} {curve.name}".strip()
        yield (
            name,
            bars(curve.values),
            *(shown(value, plot.unit) for value in (found.average, found.minimum, found.maximum)),
        )


def bars(values: Sequence[float]) -> str:
    """Return a course in block letters, from nothing to the most."""
    width = min(_BARS_SHOWN, len(values))
    parts = [values[place * len(values) // width : (place + 1) * len(values) // width] for place in range(width)]
    heights = [sum(part) / len(part) for part in parts]
    most = max(heights)
    return "".join(
        _BARS[round((len(_BARS) - 1) * max(0.0, height) / most)] if most > 0 else _BARS[0] for height in heights
    )
