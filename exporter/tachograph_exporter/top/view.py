"""What the user chose to see: the tab, the row, the order, the filter; changed by keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .alerts import ALERTS
from .overview import most_used
from .state import Row, State
from .tables import CACHE, DATABASE, FILESYSTEMS, LLM, OPERATIONS, PROCESSES, RECENT, SLOWEST, STATEMENTS, Table

# Each with its number's key, and its name where there is little room; the first has no table of its own.
KEYS = "1234567890-"
SHORT = ("Overview", "Ops", "LLM", "DB", "Cache", "SQL", "Proc", "Disk", "Traces", "Slow", "Alerts")
TABS: tuple[tuple[str, Table | None], ...] = (
    ("Overview", None),
    ("Operations", OPERATIONS),
    ("LLM", LLM),
    ("Database", DATABASE),
    ("Cache", CACHE),
    ("Statements", STATEMENTS),
    ("Processes", PROCESSES),
    ("Disks", FILESYSTEMS),
    ("Traces", RECENT),
    ("Slowest", SLOWEST),
    ("Alerts", ALERTS),
)
_PAGE = 10


@dataclass(slots=True)
class Order:
    """By which column a table is sorted; none is as the exporter has it."""

    column: int = -1
    reverse: bool = True


@dataclass(slots=True)
class View:
    """Answers keys; `opened` is the row that is shown in full."""

    tab: int = 0
    place: int = 0
    helping: bool = False
    typing: bool = False
    filter: str = ""
    ended: bool = False
    opened: Row | None = None
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def table(self) -> Table | None:
        """The table of the tab."""
        return TABS[self.tab][1]

    def order(self) -> Order:
        """Return how the tab's table is sorted."""
        return self.orders.setdefault(TABS[self.tab][0], Order())

    def rows(self, state: State) -> list[Row]:
        """Return the rows of the tab's table that pass the filter, in order."""
        table = self.table
        if table is None:
            return []
        rows = most_used(table, state)
        if self.filter:
            rows = [row for row in rows if self.filter.lower() in _words(table, row)]
        order = self.order()
        if order.column >= 0:
            key = table.columns[order.column].key
            known = [row for row in rows if key(row) is not None]
            known.sort(key=key, reverse=order.reverse)  # type: ignore[arg-type]  # what is None was left out
            rows = [*known, *(row for row in rows if key(row) is None)]
        return rows

    def press(self, key: str, rows: Sequence[Row]) -> None:
        """Take over a key."""
        if key == "ctrl-c":
            self.ended = True
        elif self.typing:
            self._type(key)
        elif self.helping:
            self.helping = False
        elif key in _ACTIONS:
            _ACTIONS[key](self, rows)
        elif key in KEYS:
            self.go(KEYS.index(key))
        self.place = max(0, min(self.place, len(rows) - 1))

    def go(self, tab: int) -> None:
        """Go to a tab."""
        self.tab, self.place, self.opened, self.filter = tab % len(TABS), 0, None, ""

    def open(self, rows: Sequence[Row]) -> None:
        """Show the chosen row in full, or the table again."""
        self.opened = rows[self.place] if self.place < len(rows) and self.opened is None else None

    def sort(self, step: int) -> None:
        """Sort by another column; after the last one, as the exporter has it."""
        if self.table:
            order = self.order()
            order.column = (order.column + 1 + step) % (len(self.table.columns) + 1) - 1
            order.reverse = order.column >= 0 and not self.table.columns[order.column].name

    def close(self) -> None:
        """Go back by one step."""
        if self.opened or self.filter:
            self.opened, self.filter = None, ""
        else:
            self.go(0)

    def _type(self, key: str) -> None:
        if key in ("enter", "escape"):
            self.typing = False
            self.filter = self.filter if key == "enter" else ""
        elif key == "backspace":
            self.filter = self.filter[:-1]
        elif len(key) == 1:
            self.filter += key


def _words(table: Table, row: Row) -> str:
    return " ".join(str(column.key(row)) for column in table.columns if column.name).lower()


def _moving(step: int) -> Callable[[View, Sequence[Row]], None]:
    def move(view: View, _: Sequence[Row]) -> None:
        view.place += step

    return move


def _set(**values: bool) -> Callable[[View, Sequence[Row]], None]:
    def change(view: View, _: Sequence[Row]) -> None:
        for name, value in values.items():
            setattr(view, name, value)

    return change


def _reverse(view: View, _: Sequence[Row]) -> None:
    view.order().reverse = not view.order().reverse


_ACTIONS: dict[str, Callable[[View, Sequence[Row]], None]] = {
    "q": _set(ended=True),
    "?": _set(helping=True),
    "h": _set(helping=True),
    "/": _set(typing=True),
    "tab": lambda view, _: view.go(view.tab + 1),
    "right": lambda view, _: view.go(view.tab + 1),
    "shift-tab": lambda view, _: view.go(view.tab - 1),
    "left": lambda view, _: view.go(view.tab - 1),
    "up": _moving(-1),
    "k": _moving(-1),
    "down": _moving(1),
    "j": _moving(1),
    "page-up": _moving(-_PAGE),
    "page-down": _moving(_PAGE),
    "home": _moving(-(10**6)),
    "end": _moving(10**6),
    "s": lambda view, _: view.sort(1),
    "S": lambda view, _: view.sort(-1),
    "r": _reverse,
    "enter": lambda view, rows: view.open(rows),
    "escape": lambda view, _: view.close(),
}
