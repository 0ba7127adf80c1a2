"""The alerts that would fire now."""

from rich.text import Text

from . import figures
from .grid import Column
from .harmless import harmless
from .state import Row, State
from .tables import Table, name

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def when(row: Row) -> str:
    """Return how grave an alert is, and since when it fires or when it will."""
    if row["state"] == "firing":
        return f"{row['severity']}, for {figures.seconds(row['since_seconds'])}"
    left = figures.seconds(max(row["for_seconds"] - row["since_seconds"], 1))
    return f"{row['severity']} in {left} if it stays so"


def style(row: Row) -> str:
    """Return how an alert is drawn; one that is pending is less loud."""
    loud: str = _STYLES.get(row["severity"], "")
    return loud if row["state"] == "firing" else f"dim {loud.removeprefix('bold ')}".strip()


ALERTS = Table(
    "Alerts",
    lambda state: state.summary["alerts"],
    (
        Column(title="", cell=lambda row: ("●" if row["state"] == "firing" else "○", style(row)), key=lambda _: 0),
        name("alert", "Alert", rank=1),
        name("summary", "What"),
        Column(title="When", cell=lambda row: (when(row), style(row)), key=lambda row: row["since_seconds"]),
    ),
    "Nothing would fire now.",
)


def brief(state: State, lines: int) -> list[Text]:
    """Return the alerts in at most so many lines."""
    found = state.summary["alerts"]
    if not found:
        return [Text("✓ Nothing would fire now.", "green", no_wrap=True)]
    kept = found if len(found) <= lines else found[: lines - 1]
    shown = [_line(one) for one in kept]
    if len(kept) < len(found):
        shown.append(Text(f"  and {len(found) - len(kept)} more", "dim", no_wrap=True))
    return shown


def _line(row: Row) -> Text:
    mark = "●" if row["state"] == "firing" else "○"
    return Text(f"{mark} {harmless(row['summary'])}: ", style(row), no_wrap=True).append(when(row), "dim")
