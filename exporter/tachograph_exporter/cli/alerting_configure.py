"""`tachograph alerting configure`: asks where messages go and writes what Alertmanager needs for it."""

import grp
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..alerting import validation
from ..alerting.channel import Channels, Email, Slack, Webhook
from ..alerting.folder import NotOurs, write

_Read = Callable[[str], Any]


class _Checked(click.ParamType[Any]):
    """A parameter that one of validation's functions reads; the value of a secret is never repeated."""

    name = "text"

    def __init__(self, read: _Read, *, secret: bool = False) -> None:
        self._read = read
        self._secret = secret

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what was read; refuse it in the words of validation."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(f"{'' if self._secret else f'{value!r}: '}{error}", param, ctx)


def _option(
    name: str, read: _Read, documentation: str, default: str | None = None, *, secret: bool = False
) -> click.Option:
    """Return an option that an environment variable sets too."""
    return click.Option(
        [f"--{name}"],
        type=_Checked(read, secret=secret),
        envvar=f"TACHOGRAPH_{name.upper().replace('-', '_')}",
        show_envvar=True,
        default=default,
        show_default=default is not None,
        help=documentation,
    )


_OPTIONS: list[click.Parameter] = [
    click.Argument(["directory"], type=click.Path(file_okay=False, path_type=Path), default="alertmanager"),
    _option("slack-webhook-url", validation.url, "Incoming webhook of Slack.", secret=True),
    _option("slack-channel", validation.channel, "Channel, such as #alerts."),
    _option("slack-severity", validation.severity, "The least that Slack is told.", "warning"),
    _option("smtp-host", validation.smarthost, "Mail server, HOST:PORT."),
    _option("smtp-from", validation.address, "Sender's address."),
    _option("smtp-to", validation.addresses, "Addresses of those to tell, separated by commas."),
    _option("smtp-user", validation.secret, "User, where the mail server wants one."),
    _option("smtp-password", validation.secret, "The user's password; better in the environment.", secret=True),
    click.Option(["--smtp-tls/--no-smtp-tls"], default=True, help="Refuse a server without STARTTLS.  [on]"),
    _option("smtp-severity", validation.severity, "The least that is mailed.", "warning"),
    _option("webhook-url", validation.url, "Address for Alertmanager's JSON, such as the relay's.", secret=True),
    _option("webhook-severity", validation.severity, "The least that is posted.", "warning"),
    _option("dead-man-url", validation.url, "Dead man's switch that the Watchdog tells each minute.", secret=True),
    _option("quiet-hours", validation.quiet_hours, "When warnings wait: 22:00-07:00 Europe/Paris."),
    _option("cooldown", validation.duration, "How long until a firing alert is told again.", "4h"),
    click.Option(
        ["--secrets-path"], type=click.Path(path_type=Path), help="DIRECTORY/secrets as Alertmanager sees it."
    ),
    click.Option(["--group"], help="Group that may read the secrets, by name or number: Alertmanager's."),
    click.Option(["--force"], is_flag=True, help="Replace an alertmanager.yml that this command did not write."),
    click.Option(["--ask/--no-ask"], default=None, help="Ask for what is not set.  [on a terminal with nothing set]"),
]


@click.command("configure", params=_OPTIONS)
def configure(directory: Path, group: str | None, *, ask: bool | None, force: bool, **given: Any) -> None:
    """Write DIRECTORY/alertmanager.yml, its templates and its secrets."""
    nothing = not any(given[name] for name in _QUESTIONS)
    if ask if ask is not None else nothing and sys.stdin.isatty():
        given = _asked(given)
    channels = _channels(directory, given)
    try:
        written = write(directory, channels, group=_group(group), force=force)
    except (NotOurs, OSError) as error:
        raise click.ClickException(str(error)) from error
    for one in written:
        click.echo(f"{'wrote' if one.changed else 'as before'}  {one.path}")
    for line in _told(channels):
        click.echo(line)


# What is asked for on a terminal: the question, and how the answer is read.
_QUESTIONS: Mapping[str, tuple[str, _Read]] = {
    "slack_webhook_url": ("Slack webhook (empty: no Slack)", validation.url),
    "slack_channel": ("Slack channel", validation.channel),
    "smtp_host": ("Mail server, HOST:PORT (empty: no e-mail)", validation.smarthost),
    "smtp_from": ("From", validation.address),
    "smtp_to": ("To", validation.addresses),
    "smtp_user": ("User (empty: none)", validation.secret),
    "smtp_password": ("Password", validation.secret),
    "webhook_url": ("Webhook (empty: none)", validation.url),
    "dead_man_url": ("Dead man's switch (empty: none)", validation.url),
}
_NEEDS = {
    "slack_channel": "slack_webhook_url",
    "smtp_from": "smtp_host",
    "smtp_to": "smtp_host",
    "smtp_user": "smtp_host",
    "smtp_password": "smtp_user",
}
_HIDDEN = {"slack_webhook_url", "smtp_password", "dead_man_url"}


def _asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the answers to what they lack."""
    answers = dict(given)
    for name, (question, read) in _QUESTIONS.items():
        needed = _NEEDS.get(name)
        if answers[name] or (needed and not answers[needed]):
            continue
        hidden = name in _HIDDEN
        kind = _Checked(partial(_read_if_any, read), secret=hidden)
        answers[name] = click.prompt(question, default="", show_default=False, hide_input=hidden, type=kind) or None
    return answers


def _read_if_any(read: _Read, text: str) -> Any:
    return read(text) if text else None


def _channels(directory: Path, given: Mapping[str, Any]) -> Channels:
    """Return the channels; refuse half of one."""
    _refuse_half(given, "slack_webhook_url", "slack_channel")
    _refuse_half(given, "smtp_host", "smtp_from", "smtp_to")
    _refuse_half(given, "smtp_user", "smtp_password")
    slack = Slack(given["slack_webhook_url"], given["slack_channel"], given["slack_severity"])
    email = Email(
        smarthost=given["smtp_host"],
        sender=given["smtp_from"],
        to=given["smtp_to"],
        user=given["smtp_user"] or "",
        password=given["smtp_password"] or "",
        require_tls=given["smtp_tls"],
        severity=given["smtp_severity"],
    )
    webhook = Webhook(given["webhook_url"], given["webhook_severity"])
    return Channels(
        secrets=given["secrets_path"] or directory.resolve() / "secrets",
        slack=slack if slack.url else None,
        email=email if email.smarthost else None,
        webhook=webhook if webhook.url else None,
        dead_man_url=given["dead_man_url"] or "",
        quiet_hours=given["quiet_hours"],
        cooldown=given["cooldown"],
    )


def _refuse_half(given: Mapping[str, Any], *names: str) -> None:
    lacking = [name for name in names if not given[name]]
    if lacking and len(lacking) < len(names):
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in lacking)
        raise click.UsageError(f"--{next(n for n in names if given[n]).replace('_', '-')} needs {flags}")


def _group(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except KeyError:
        raise click.UsageError(f"--group: there is no group {name!r}") from None


def _told(channels: Channels) -> list[str]:
    """Return what a person should know of what was set up; no secret is part of it."""
    lines = []
    if channels.slack:
        lines.append(f"Slack: {channels.slack.channel}, {channels.slack.severity} and worse")
    if channels.email:
        lines.append(f"e-mail: {channels.email.to} by {channels.email.smarthost}, {channels.email.severity} and worse")
    if channels.webhook:
        lines.append(f"webhook: {channels.webhook.severity} and worse")
    if not lines:
        lines.append("no receiver is set up: alerts are delivered NOWHERE; see --help for what can be set")
    if not channels.dead_man_url:
        lines.append("no dead man's switch: nobody is told when alerting itself is down")
    return lines
