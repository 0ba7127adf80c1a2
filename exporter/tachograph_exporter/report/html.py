"""A report as one HTML file: no script, nothing loaded, light and dark, and for the printer."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from .document import Block, Cell, Document, Items, Paragraph, Plots, Table, Verdict
from .svg import dial, plot
from .table import plain

_STYLE = Path(__file__).resolve().parent / "style.css"
# Nothing is loaded and nothing runs, whatever was measured; the style is the page's own.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html(document: Document) -> str:
    """Return a report as an HTML page."""
    title = _text(document.title)
    sections = "".join(
        f"<section><h2>{_text(section.title)}</h2>"
        f"{''.join(_block(block, _text(section.title)) for block in section.blocks)}</section>"
        for section in document.sections
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head><body><main>"
        f'<header><h1>{title}</h1><p class="muted">{_text(document.subtitle)}</p></header>{sections}'
        f"<footer>{_text(document.footer)}</footer></main></body></html>\n"
    )


def _text(text: str) -> str:
    return escape(plain(text))


def _block(block: Block, title: str) -> str:
    if isinstance(block, Paragraph):
        return f"<p{' class=muted' if block.muted else ''}>{_text(block.text)}</p>"
    if isinstance(block, Verdict):
        return f'<div class="verdict">{dial(block)}<p>{_text(block.told)}</p></div>'
    if isinstance(block, Plots):
        return f'<div class="plots">{"".join(map(plot, block.plots))}</div>'
    return "".join(_table(block, title) if isinstance(block, Table) else _items(block))


def _table(table: Table, title: str) -> Iterator[str]:
    heads = "".join(
        f'<th scope="col"{_left(place, table)}>{_text(head)}</th>' if head else "<td></td>"
        for place, head in enumerate(table.heads)
    )
    # Where it is too wide it is scrolled, with the keyboard too.
    yield f'<div class="scroll" tabindex="0" role="group" aria-label="{title}">'
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for row in table.rows:
        yield f"<tr>{''.join(_cell(cell, place, table) for place, cell in enumerate(row))}</tr>"
    yield "</tbody></table></div>"


def _left(place: int, table: Table) -> str:
    return ' class="l"' if place < table.left else ""


def _cell(cell: Cell, place: int, table: Table) -> str:
    classes = " ".join(filter(None, ("l" if place < table.left else "", cell.state)))
    text = f"<code>{_text(cell.text)}</code>" if cell.code else _text(cell.text)
    return f'<td class="{classes}">{text}</td>' if classes else f"<td>{text}</td>"


def _items(items: Items) -> Iterator[str]:
    yield "<ol>"
    for item in items.items:
        lines = "".join(f"<dt>{_text(label)}</dt><dd>{_text(told)}</dd>" for label, told in item.lines if told)
        badge = f'<span class="badge {_text(item.priority)}">{_text(item.priority)}</span>'
        yield f"<li><h3>{badge}{_text(item.title)}</h3><dl>{lines}</dl></li>"
    yield "</ol>"
