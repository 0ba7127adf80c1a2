"""What the exporter has said so far: the parts of its events, by name."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


class State:
    """Takes events as they come; a part that became null is gone."""

    def __init__(self) -> None:
        self._parts: dict[str, Any] = {}

    def take(self, parts: Mapping[str, Any], *, whole: bool) -> None:
        """Take over an event: everything, or what has changed."""
        if whole:
            self._parts = {}
        self._parts.update(parts)
        for gone in [name for name, part in parts.items() if part is None]:
            del self._parts[gone]

    @property
    def known(self) -> bool:
        """Whether anything was said yet."""
        return "summary" in self._parts

    @property
    def summary(self) -> Mapping[str, Any]:
        """The state in figures."""
        found: Mapping[str, Any] = self._parts["summary"]
        return found

    def line(self, name: str) -> list[float | None]:
        """Return a figure of the host over the last quarter of an hour."""
        found: list[float | None] = self._parts.get("lines", {}).get(name, [])
        return found

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows, each with its sparklines."""
        found: list[Row] = []
        for name, row in self._parts.items():
            if name.startswith(f"row:{table}/"):
                sparks = self._parts.get(f"spark:{row['id']}", {})
                found.append({**row, **{f"spark_{kind}": values for kind, values in sparks.items()}})
        return found

    def statements(self) -> list[Row]:
        """Return the slow statements."""
        found: list[Row] = self._parts.get("statements", {}).get("statements", [])
        return found

    def traces(self, kind: str) -> list[Row]:
        """Return the recent or the slowest traces."""
        found: list[Row] = self._parts.get("traces", {}).get(kind, [])
        return found
