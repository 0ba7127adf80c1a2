"""`tachograph report`: score, targets, trend, costs, incidents and recommendations of a period."""

from pathlib import Path
from typing import Any

import click

from ..past.window import Window
from ..report.formats import FORMATS
from ..report.report import write
from .past import failing_clearly, read_source, read_window, source_options, window_options

_PERIODS = {"daily": "24h", "weekly": "7d"}
_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".txt": "text"}


@click.command("report")
@click.argument("period", type=click.Choice(list(_PERIODS)), required=False)
@window_options("daily: 24h")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="[default: as --output ends, or text]")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
@source_options
def command(
    period: str | None,
    since: str | None,
    start: str | None,
    end: str | None,
    form: str | None,
    output: Path | None,
    **where: Any,
) -> None:
    """Write a report about the last day (daily), week (weekly) or any range.

    It has a score, key metrics against targets, the trend since the period before, models and providers compared,
    slow statements, cache savings, cost, incidents, and recommendations by priority.
    """
    window = _window(period, since, start, end)
    source = read_source(**where)
    with failing_clearly():
        report = write(source, window, _name(period))
    if report.facts.reach:
        click.echo(f"tachograph report: {report.facts.reach}", err=True)
    written = FORMATS[form or _ENDINGS.get(output.suffix.lower() if output else "", "text")](report)
    if output is None:
        click.echo(written)
        return
    try:
        output.write_text(written, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error
    click.echo(f"wrote {output}", err=True)


def _window(period: str | None, since: str | None, start: str | None, end: str | None) -> Window:
    if period and (since or start or end):
        raise click.UsageError(f"{period} and a range of your own are two ways to say it: give one of them")
    return read_window(since, start, end, default=_PERIODS[period or "daily"])


def _name(period: str | None) -> str:
    return f"{period.capitalize()} report" if period else "Report"
