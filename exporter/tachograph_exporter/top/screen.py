"""The whole screen: head, tabs, what was chosen, and what the keys do."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import localtime, strftime

from rich.text import Text

from . import figures
from .detail import detail
from .grid import grid
from .harmless import fitted, harmless
from .overview import host, indicators, overview, title
from .state import State
from .tables import RECENT, SLOWEST
from .view import KEYS, SHORT, TABS, View
from .waterfall import Span, waterfall

_HELP = """\
 1-9, 0, -     the tabs; Tab, Shift-Tab, ← and → go from one to the next
 ↑ ↓ PgUp PgDn Home End, j k   choose a row
 Enter         show the chosen row in full; of a trace, its waterfall
 s, S          sort by the next column, the one before
 r             turn the order round
 /             show only names that contain what you type; Esc ends it
 Esc           back
 ? or h        this help
 q             quit

 Figures of calls are those of the last five minutes; lines are of the last 15 minutes.
 The same as a page: {address}/
 The same as JSON:   {address}/api/v1/summary
 Any key goes back."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen is made of; `trace` are the spans of the trace that was opened, `lost` why nothing comes."""

    state: State
    view: View
    address: str
    lost: str = ""
    trace: Sequence[Span] = ()

    def lines(self, width: int, height: int) -> list[Text]:
        """Return all lines, no more than the screen has."""
        room = max(height - 3, 1)
        lines = [head(self.state, self.lost, width), _tabs(self.view, width), *self._body(width, room)[:room]]
        lines += [Text()] * (height - 1 - len(lines))
        return [*lines[: height - 1], _foot(self.state, self.view, width)]

    def _body(self, width: int, room: int) -> list[Text]:
        view, table = self.view, self.view.table
        if view.helping:
            return [Text(line, no_wrap=True) for line in _HELP.format(address=self.address).splitlines()]
        if table is None:
            return overview(self.state, width, room)
        if view.opened is None:
            return _table(self.state, view, width, room)
        if table in (RECENT, SLOWEST):
            return waterfall(view.opened, self.trace, width)
        return detail(table, view.opened, width)


def head(state: State, lost: str, width: int) -> Text:
    """Return the line that says whose figures these are, and whether they are of now."""
    summary = state.summary
    cpu, memory = summary["resources"]["cpu"], summary["resources"]["memory"]
    left = (
        Text(no_wrap=True)
        .append("Tachograph ", "bold blue")
        .append(fitted(harmless(summary["host"]), 20).rstrip(), "bold")
    )
    left.append(" ● live" if not lost else " ● connection lost, trying again", "green" if not lost else "bold red")
    load = figures.digits(cpu["load1"]) if cpu["load1"] is not None else figures.NONE
    at = strftime("%H:%M:%S", localtime(summary["time"]))
    right = Text(f"{cpu['cores']} CPUs, load {load}, {figures.size(memory['total_bytes'])}  {at}", "dim")
    gap = width - left.cell_len - right.cell_len
    return left.append(" " * gap).append_text(right) if gap > 1 else left


def sections(state: State, width: int, rows: int) -> list[Text]:
    """Return everything below each other, with so many rows of each table: what `--once` prints."""
    alerts, tables = TABS[-1][1], [table for _, table in TABS[1:-1]]
    lines = [*indicators(state, width), Text(), *host(state, width)]
    for table in (alerts, *tables):
        assert table is not None  # noqa: S101 - only the first tab has none
        view = View(tab=[one for _, one in TABS].index(table))
        found = view.rows(state)
        lines += [Text(), title(f"{table.title}, {rows} of {len(found)}" if len(found) > rows else table.title, width)]
        lines += grid(table.columns, found[:rows], width) if found else [Text(table.empty, "dim", no_wrap=True)]
    return lines


def _table(state: State, view: View, width: int, room: int) -> list[Text]:
    table, rows = view.table, view.rows(state)
    assert table is not None  # noqa: S101 - the first tab is drawn elsewhere
    if not rows:
        return [
            Text(f"No name contains {harmless(view.filter)!r}." if view.filter else table.empty, "dim", no_wrap=True)
        ]
    seen = max(room - 1, 1)
    view.place = max(0, min(view.place, len(rows) - 1))
    first = max(0, min(view.place - seen // 2, len(rows) - seen))
    order = view.order()
    by = table.columns[order.column].title if order.column >= 0 else ""
    return grid(table.columns, rows[first : first + seen], width, chosen=view.place - first, sorted_by=by)


def _tabs(view: View, width: int) -> Text:
    names = [f"{key} {name}" for key, (name, _) in zip(KEYS, TABS, strict=True)]
    if sum(len(name) + 1 for name in names) > width:
        names = [f"{key} {name}" for key, name in zip(KEYS, SHORT, strict=True)]
    line = Text(no_wrap=True)
    for place, name in enumerate(names):
        line.append(name, "reverse bold" if place == view.tab else "dim").append(" ")
    return line


def _foot(state: State, view: View, width: int) -> Text:
    if view.typing:
        return Text(no_wrap=True).append("show names with: ", "bold").append(f"{harmless(view.filter)}▏")
    keys = "? help  q quit  Tab next  s sort  / filter  Enter open" if view.table else "? help  q quit  Tab next"
    if view.filter:
        keys = f"only {harmless(view.filter)!r}, Esc shows all  {keys}"
    own = state.summary["resources"]["exporter"]
    up, itself = figures.seconds(state.summary["exporter_uptime_seconds"]), figures.ratio(own["cpu_utilization_ratio"])
    told = f"Tachograph {state.summary['version']}, up {up}, itself {itself} of a core"
    left, right = Text(keys, "dim", no_wrap=True), Text(harmless(told), "dim")
    gap = width - left.cell_len - right.cell_len
    return left.append(" " * gap).append_text(right) if gap > 1 else left
