"""The state as the page gets it: parts in JSON, by name, so that only what changed need be sent."""

import json
from collections.abc import Callable

from .history import History
from .row import Plain
from .slots import ROW_SECONDS
from .view import CALLS, View


class Frames:
    """Makes the parts; sparklines are made anew when a slot ends."""

    def __init__(self, history: History, view: View, traces: Callable[[], Plain] | None) -> None:
        self._history = history
        self._view = view
        self._traces = traces
        self._slot = -1
        self._sparks: dict[str, str] = {}

    def parts(self) -> dict[str, str]:
        """Return the state now."""
        with self._history.lock:
            parts = {"summary": encoded(self._view.summary()), "statements": encoded(self._view.statements())}
            parts["lines"] = encoded(self._view.lines())
            for table in CALLS:
                for row in self._history.shown(table):
                    parts[f"row:{row['id']}"] = encoded(row)
            parts |= self._spark_parts()
        if self._traces:
            parts["traces"] = encoded(self._traces())
        return parts

    def _spark_parts(self) -> dict[str, str]:
        slot = int(self._history.now // ROW_SECONDS)
        rows = {f"spark:{table.name}/{row.number}": row for table in CALLS for row in self._history.rows(table)}
        if slot != self._slot:
            self._sparks.clear()
        self._slot = slot
        self._sparks = {name: self._sparks.get(name) or encoded(row.sparks()) for name, row in rows.items()}
        return self._sparks


def encoded(document: object) -> str:
    """Return a document as compact JSON in one line."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
