"""The first tab: alerts, key indicators, the host, and as much of the tables as there is room for."""

from collections.abc import Sequence

from rich.text import Text

from . import figures
from .alerts import brief
from .figures import Write
from .grid import grid
from .harmless import fitted, harmless
from .sketch import spark
from .state import Row, State
from .tables import CACHE, DATABASE, LLM, OPERATIONS, PROCESSES, RECENT, Table

_COLORS = {"good": "green", "fair": "", "warning": "yellow", "critical": "bold red", "unknown": "dim"}
_WORDS = {"good": "good", "fair": "over", "warning": "warn", "critical": "crit", "unknown": "none"}
_INDICATOR = 39
_FIGURE = 10
_LINES: tuple[tuple[str, str, str, Write, float | None], ...] = (
    ("CPU", "cpu", "utilization_ratio", figures.ratio, 1.0),
    ("Memory", "memory", "utilization_ratio", figures.ratio, 1.0),
    ("Disk read", "disk", "read_bytes_per_second", figures.rate, None),
    ("Disk written", "disk", "written_bytes_per_second", figures.rate, None),
    ("Net received", "network", "received_bytes_per_second", figures.rate, None),
    ("Net sent", "network", "sent_bytes_per_second", figures.rate, None),
)
_DRAWN = ("cpu", "memory", "disk_read", "disk_written", "network_received", "network_sent")
_TABLES = (OPERATIONS, LLM, DATABASE, CACHE, PROCESSES, RECENT)
_ROWS_LEAST = 3


def overview(state: State, width: int, height: int) -> list[Text]:
    """Return the tab in at most so many lines."""
    top = [*brief(state, 3), *indicators(state, width), *host(state, width)]
    return [*top, *_tables(state, width, height - len(top))][:height]


def title(text: str, width: int) -> Text:
    """Return a heading."""
    return Text(no_wrap=True).append(f"{text} ", "bold").append("─" * max(width - len(text) - 1, 0), "dim")


def indicators(state: State, width: int) -> list[Text]:
    """Return the key indicators against their targets, in columns."""
    window = figures.seconds(state.summary["window_seconds"])
    lines = _columns([_indicator(one) for one in state.summary["indicators"]], width, _INDICATOR)
    return [title(f"Key indicators, last {window}, against their targets", width), *lines]


def host(state: State, width: int) -> list[Text]:
    """Return the host's figures, the last quarter of an hour drawn."""
    count = max(1, min(3, width // 38))
    room = (width - 2 * (count - 1)) // count - 13 - _FIGURE - 1
    drawn = []
    for (words, resource, field, write, top), line in zip(_LINES, _DRAWN, strict=True):
        now = state.summary["resources"][resource][field]
        text = Text(f"{words:<13}").append(fitted(write(now), _FIGURE, right=True), "bold").append(" ")
        drawn.append(
            text.append(spark([*state.line(line), now], room, top), "cyan" if "CPU" in words or top else "blue")
        )
    return [title("Host, last 15 minutes", width), *_columns(drawn, width, (width + 2) // count - 2)]


def _indicator(one: Row) -> Text:
    write = figures.UNITS[one["unit"]]
    word = "under" if one["state"] == "fair" and one["more_is_better"] else _WORDS[one["state"]]
    color = _COLORS[one["state"]]
    text = Text(fitted(harmless(one["title"]), 17), no_wrap=True)
    text.append(write(one["value"]).rjust(7), f"bold {color}".strip())
    text.append(f" {'≥' if one['more_is_better'] else '≤'} {write(one['target'])}", "dim")
    return text.append(f" {word}", color)


def _columns(cells: Sequence[Text], width: int, room: int) -> list[Text]:
    """Return cells beside each other, filled downwards."""
    count = max(1, min(len(cells), (width + 2) // (room + 2)))
    room = (width + 2) // count - 2
    height = -(-len(cells) // count)
    lines = []
    for place in range(height):
        line = Text(no_wrap=True)
        for cell in cells[place::height]:
            padded = cell.copy()
            padded.truncate(room, overflow="ellipsis", pad=True)
            line.append_text(padded).append("  ")
        lines.append(line)
    return lines


def _tables(state: State, width: int, height: int) -> list[Text]:
    """Return the tables that have rows, as many as fit with some rows of each."""
    found = [(table, most_used(table, state)) for table in _TABLES]
    filled = [(table, rows) for table, rows in found if rows]
    if not filled:
        return [Text(OPERATIONS.empty, "dim", no_wrap=True)]
    lines: list[Text] = []
    while filled and len(lines) + 1 < height:
        table, rows = filled.pop(0)
        others = min(len(filled), (height - len(lines)) // (_ROWS_LEAST + 1) - 1)
        room = height - len(lines) - sum(min(len(later), _ROWS_LEAST) + 1 for _, later in filled[: max(others, 0)])
        lines += grid(table.columns, rows[: max(room - 1, _ROWS_LEAST)], width)
    return lines


def most_used(table: Table, state: State) -> list[Row]:
    """Return a table's rows, those with most time spent first; the others as they come."""
    rows = list(table.rows(state))
    if table in (OPERATIONS, LLM, DATABASE):
        rows.sort(key=lambda row: (-(row.get("average_seconds") or 0.0) * row["calls"], str(row["id"])))
    return rows
