"""One trace: its spans below each other, where each began and how long it took."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from . import figures
from .harmless import fitted, harmless
from .state import Row

Span = Mapping[str, Any]

_DEEPEST = 8
_TOOK = 9


def spans_of(document: Mapping[str, Any]) -> list[Span]:
    """Return the spans that /api/v1/traces?trace_id= answers with: the whole trace, or what is left of it."""
    traces = document.get("traces") or []
    if traces:
        return list(traces[0]["spans"])
    return [span for one in document.get("slowest") or [] for span in one["spans"]]


def waterfall(trace: Row, spans: Sequence[Span], width: int) -> list[Text]:
    """Return a trace in lines."""
    head = Text(no_wrap=True).append(harmless(trace["operation"]), "bold").append(f" of {harmless(trace['service'])}")
    if not spans:
        return [head, Text("This trace is no longer kept.", "dim", no_wrap=True)]
    start = min(span["start_seconds"] for span in spans)
    length = max(max(span["start_seconds"] + span["duration_seconds"] for span in spans) - start, 1e-9)
    head.append(f", {figures.seconds(length)}, {len(spans)} spans, {trace['trace_id']}", "dim")
    depths = _depths(spans)
    return [head, *(_line(span, depths[span["span_id"]], (start, length), width) for span in spans)]


def _line(span: Span, depth: int, extent: tuple[float, float], width: int) -> Text:
    start, length = extent
    room = max(16, width * 2 // 5)
    track = max(width - room - _TOOK - 2, 4)
    began = min(int((span["start_seconds"] - start) / length * track), track - 1)
    wide = max(1, min(round(span["duration_seconds"] / length * track), track - began))
    style = "bold red" if span["error"] else ""
    color = style or ("magenta" if span["kind"] == "client" else "blue")
    line = Text(no_wrap=True).append(fitted("  " * min(depth, _DEEPEST) + harmless(span["name"]), room), style)
    line.append(" ").append("·" * began, "dim").append("█" * wide, color).append("·" * (track - began - wide), "dim")
    line.append(fitted(figures.seconds(span["duration_seconds"]), _TOOK, right=True))
    return line.append(" failed", style) if span["error"] else line


def _depths(spans: Sequence[Span]) -> dict[str, int]:
    parents = {span["span_id"]: span.get("parent_span_id", "") for span in spans}
    depths = {}
    for one, parent in parents.items():
        depth, above = 0, parent
        while above in parents and depth < _DEEPEST:
            depth, above = depth + 1, parents[above]
        depths[one] = depth
    return depths
