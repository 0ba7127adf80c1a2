"""`tachograph summary`: average, least, most and p95 of each metric over a window."""

import json
from itertools import groupby
from typing import Any

import click

from ..past.window import Window, clock, told
from ..report.figure import shown
from ..report.summary import Line, summarise
from ..report.table import columns
from .past import failing_clearly, note_reach, read_source, read_window, source_options, window_options

_HEADS = ("", "", "average", "min", "max", "p95")


@click.command("summary")
@window_options("24h")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@source_options
def command(since: str | None, start: str | None, end: str | None, form: str, **where: Any) -> None:
    """Show average, min, max and p95 of each metric: host, operations, LLM, database, cache."""
    window = read_window(since, start, end, default="24h")
    source = read_source(**where)
    with failing_clearly():
        note = note_reach(source, window)
        lines = summarise(source, window)
    if note:
        click.echo(f"tachograph summary: {note}", err=True)
    click.echo(_json(lines, window, source.place, note) if form == "json" else _text(lines, window, source.place))


def _text(lines: list[Line], window: Window, place: str) -> str:
    written = [f"{told(window.seconds)} from {clock(window.start)} to {clock(window.end)}, as {place} knows them"]
    for section, found in groupby(lines, key=lambda line: line.section):
        rows = [
            (line.metric, line.thing, *(shown(value, line.measure.unit) for value in line.spread)) for line in found
        ]
        written += ["", *columns((section.upper(), *_HEADS[1:]), rows, left=2)]
    return "\n".join(written)


def _json(lines: list[Line], window: Window, place: str, note: str) -> str:
    document = {
        "source": place,
        "start": round(window.start, 3),
        "end": round(window.end, 3),
        "note": note,
        "metrics": [line.plain() for line in lines],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
