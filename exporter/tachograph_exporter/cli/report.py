"""`tachograph report`: score, targets, trend, costs, incidents and recommendations of a period."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..past.window import Window
from ..report.formats import FORMATS
from ..report.message import email, slack
from ..report.report import Report, write
from .past import failing_clearly, read_source, read_window, source_options, window_options
from .rules import load

# Delivers a report, and says where to.
Delivery = Callable[[Report], str]
_PERIODS = {"daily": "24h", "weekly": "7d"}
_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".txt": "text"}


@click.command("report")
@click.argument("period", type=click.Choice(list(_PERIODS)), required=False)
@window_options("daily: 24h")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="[default: as --output ends, or text]")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
@click.option("--email", "by_email", is_flag=True, help="Mail it to the receiver of alerts.")
@click.option("--slack", "by_slack", is_flag=True, help="Post it to the receiver of alerts.")
@click.option(
    "--receivers",
    type=click.Path(file_okay=False, path_type=Path),
    default="alertmanager",
    show_default=True,
    envvar="TACHOGRAPH_RECEIVERS",
    show_envvar=True,
    help="Folder of the alertmanager.yml that `tachograph alerting configure` wrote.",
)
@source_options
def command(
    period: str | None,
    since: str | None,
    start: str | None,
    end: str | None,
    form: str | None,
    output: Path | None,
    receivers: Path,
    *,
    by_email: bool,
    by_slack: bool,
    **where: Any,
) -> None:
    """Write a report about the last day (daily), week (weekly) or any range.

    It has a score, key metrics against targets, the trend since the period before, models and providers compared,
    slow statements, cache savings, cost, incidents, and recommendations by priority.
    """
    window = _window(period, since, start, end)
    source = read_source(**where)
    deliveries = _deliveries(receivers, by_email=by_email, by_slack=by_slack)
    with failing_clearly():
        report = write(source, window, _name(period), load(where["config"]))
    if report.facts.reach:
        click.echo(f"tachograph report: {report.facts.reach}", err=True)
    if output or not deliveries:
        _show(FORMATS[form or _ENDINGS.get(output.suffix.lower() if output else "", "text")](report), output)
    _deliver(deliveries, report)


def _show(written: str, output: Path | None) -> None:
    if output is None:
        click.echo(written)
        return
    try:
        output.write_text(written, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error
    click.echo(f"wrote {output}", err=True)


def _deliveries(receivers: Path, *, by_email: bool, by_slack: bool) -> list[Delivery]:
    """Return what delivers a report and says where to; receivers are read before the report is written."""
    if not (by_email or by_slack):
        return []
    from ..alerting.receivers import ReceiverError  # noqa: PLC0415 - reads YAML, which only who delivers needs

    try:
        return [*([_mailing(receivers)] if by_email else []), *([_posting(receivers)] if by_slack else [])]
    except ReceiverError as error:
        raise click.ClickException(str(error)) from error


def _mailing(receivers: Path) -> Delivery:
    from ..alerting.delivery import mail  # noqa: PLC0415 - as above
    from ..alerting.receivers import email_receiver  # noqa: PLC0415 - as above

    receiver = email_receiver(receivers)

    def deliver(report: Report) -> str:
        mail(receiver, email(report))
        return f"mailed to {', '.join(receiver.to)}"

    return deliver


def _posting(receivers: Path) -> Delivery:
    from ..alerting.delivery import post  # noqa: PLC0415 - as above
    from ..alerting.receivers import slack_receiver  # noqa: PLC0415 - as above

    receiver = slack_receiver(receivers)

    def deliver(report: Report) -> str:
        post(receiver, slack(report))
        return f"posted to Slack {receiver.channel}".rstrip()

    return deliver


def _deliver(deliveries: list[Delivery], report: Report) -> None:
    """Deliver a report to all, and only then say what failed."""
    from ..alerting.receivers import ReceiverError  # noqa: PLC0415 - as above

    failed = []
    for deliver in deliveries:
        try:
            click.echo(deliver(report), err=True)
        except ReceiverError as error:
            failed.append(str(error))
    if failed:
        raise click.ClickException("; ".join(failed))


def _window(period: str | None, since: str | None, start: str | None, end: str | None) -> Window:
    if period and (since or start or end):
        raise click.UsageError(f"{period} and a range of your own are two ways to say it: give one of them")
    return read_window(since, start, end, default=_PERIODS[period or "daily"])


def _name(period: str | None) -> str:
    return f"{period.capitalize()} report" if period else "Report"
