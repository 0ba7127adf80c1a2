"""`tachograph capacity`: when disks fill, memory ends, budgets are spent and pools are used up."""

import shutil
import sys
from typing import Any

import click

from ..capacity.forecast import Forecast, forecasts
from ..capacity.outcome import Answer, as_json, markdown, text
from ..capacity.resources import RESOURCES
from ..past.window import Window
from ..past.window import duration as read_duration
from .past import failing_clearly, note_reach, read_source, read_window, source_options, window_options

_SINCE = "24h"


@click.command("capacity")
@window_options(_SINCE)
@click.option("--fail-within", metavar="DURATION", help="Exit with 1 where something may end so soon: 7d.")
@click.option("--format", "form", type=click.Choice(("text", "markdown", "json")), default="text", show_default=True)
@source_options
def command(
    since: str | None, start: str | None, end: str | None, fail_within: str | None, form: str, **where: Any
) -> int:
    """Say when disks fill, memory ends, budgets are spent and pools are used up, at the trend of a window.

    A date has an interval, in which it lies in 19 of 20 cases as long as the trend lasts. Where the data do not show a
    trend, or are too few, it is said so.
    """
    soon = _soon(fail_within)
    window = read_window(since, start, end, default=_SINCE)
    source = read_source(**where)
    with failing_clearly():
        note = note_reach(source, window)
        found = forecasts(source, window)
    if note:
        click.echo(f"tachograph capacity: {note}", err=True)
    known = {one.resource.measure.name for one in found}
    unknown = [one.measure.title.lower() for one in RESOURCES if one.measure.name not in known]
    answer = Answer(source.place, window, found, unknown)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo({"json": as_json, "markdown": markdown}.get(form, lambda one: text(one, width=width))(answer))
    return int(soon is not None and any(_ends(one, window, soon) for one in found))


def _soon(duration: str | None) -> float | None:
    try:
        return read_duration(duration) if duration else None
    except ValueError as error:
        raise click.UsageError(f"--fail-within: {error}") from None


def _ends(one: Forecast, window: Window, soon: float) -> bool:
    """Say whether something may end so soon after a window: by the earliest date, since a warning is cheap."""
    return one.outcome == "at its end" or (one.earliest is not None and one.earliest <= window.end + soon)
