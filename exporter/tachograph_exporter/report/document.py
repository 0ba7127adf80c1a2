"""A report as blocks, which each format writes in its own way and with its own escapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["", "good", "fair", "warning", "critical", "unknown"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a table, coloured by its state; code is set as such."""

    text: str
    state: State = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text of its own."""

    text: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; the first `left` columns are flush left."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left: int = 1


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a plot."""

    name: str
    times: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over the period; `target` is drawn across, `marks` are stretches in which critical alerts fired."""

    title: str
    unit: str
    start: float
    end: float
    curves: tuple[Curve, ...]
    target: float | None = None
    marks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Plots:
    """Plots side by side."""

    plots: tuple[Plot, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The score, large."""

    value: float | None
    state: State
    told: str


@dataclass(frozen=True, slots=True)
class Item:
    """A recommendation: its priority, what to do, and labelled lines about it."""

    priority: str
    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A numbered list."""

    items: tuple[Item, ...]


Block = Paragraph | Table | Plots | Verdict | Items


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str


def cell(text: str, state: str = "", *, code: bool = False) -> Cell:
    """Return a cell; a state that has no colour is none."""
    known: State = state if state in ("good", "fair", "warning", "critical", "unknown") else ""  # type: ignore[assignment] # of these
    return Cell(text, known, code)
