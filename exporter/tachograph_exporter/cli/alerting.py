"""`tachograph alerting`: where messages go, and proof that they arrive."""

import logging
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import click

from ..address import Address
from ..alerting import validation
from ..alerting.channel import SEVERITIES as SENT
from ..alerting.preview import NoTool, page, preview
from ..alerting.relay import Relay, forwarding, notifying
from ..alerting.trial import Alertmanager, Outcome, TrialError, run
from ..bundle import bundled
from ..rules.check import SEVERITIES, Severity
from ..rules.subjects import CHECKS
from .alerting_configure import configure
from .rules import load


@click.group("alerting", commands=[configure])
def command() -> None:
    """Set up where alerts go, and try it out."""


@command.command("test")
@click.option("--alertmanager", "url", default="http://127.0.0.1:9093", show_default=True, help="Its address.")
@click.option("--severity", type=click.Choice(SENT), default="critical", show_default=True)
@click.option("--timeout", type=click.FloatRange(1, 3600), default=90.0, show_default=True, help="Seconds to wait.")
def test(url: str, severity: str, timeout: float) -> None:
    """Send a test alert through Alertmanager and say who got it; exit with 1 where somebody did not."""
    click.echo(f"sending {severity} TachographTest through {url}; Alertmanager groups for up to 30 s first")
    try:
        outcomes = run(Alertmanager(url), severity=severity, timeout_seconds=timeout)
    except TrialError as error:
        raise click.ClickException(str(error)) from error
    if not outcomes:
        raise click.ClickException("no receiver is set up for this alert: `tachograph alerting configure`")
    for outcome in outcomes:
        click.echo(_line(outcome, timeout))
    if not all(outcome.delivered for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _line(outcome: Outcome, timeout: float) -> str:
    who = f"{outcome.receiver}/{outcome.integration}"
    if outcome.delivered:
        return f"delivered      {who}"
    if outcome.attempts_failed:
        return f"NOT DELIVERED  {who}: {outcome.attempts_failed} attempts failed; Alertmanager's log says why"
    return f"NOT DELIVERED  {who}: no attempt within {timeout:g} s; a silence or an inhibition may hold it back"


@command.command("preview")
@click.argument("alert")
@click.option("--severity", type=click.Choice(SEVERITIES), help="The worst that the alert has, if not set.")
@click.option("--resolved", is_flag=True, help="The message that it is over.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write Slack message and e-mail as a page."
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your [alerts].")
def show(alert: str, severity: Severity | None, html: Path | None, config: Path | None, *, resolved: bool) -> None:
    """Show the messages about an example of ALERT, rendered by Alertmanager's own tool."""
    settings = load(config)
    check = {one.name: settings.checks.get(one.name, one) for one in CHECKS}.get(alert)
    if check is None:
        raise click.ClickException(f"there is no alert {alert!r}; there are {', '.join(one.name for one in CHECKS)}")
    worst: list[Severity] = [one for one in reversed(SEVERITIES) if check.limit(one)] or ["critical"]
    try:
        shown = preview(check, severity or worst[0], settings, bundled("alertmanager/templates"), resolved=resolved)
    except NoTool as error:
        raise click.ClickException(str(error)) from error
    links = [f"[{name.title()}] {shown.parts[name]}" for name in ("runbook", "dashboard", "query", "silence")]
    click.echo("\n".join(["SLACK", shown.parts["title"], shown.parts["slack.text"], *links, ""]))
    click.echo("\n".join(["E-MAIL", shown.parts["email.text"]]))
    if html:
        html.write_text(page(shown), encoding="utf-8")
        click.echo(f"wrote {html}")


@command.command("relay")
@click.option("--listen", default="127.0.0.1:9095", show_default=True, help="HOST:PORT for Alertmanager's webhook.")
@click.option("--forward", help="Address that gets each message, signed.")
@click.option(
    "--secret-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Key of the signature."
)
@click.option("--desktop", is_flag=True, help="Show each message on the desktop (notify-send).")
def relay(listen: str, forward: str | None, secret_file: Path | None, *, desktop: bool) -> None:
    """Pass Alertmanager's messages on: signed, to an address that acts upon them, or to the desktop."""
    actions = []
    if forward:
        if secret_file is None:
            raise click.UsageError("--forward needs --secret-file: the receiver must know that it is you")
        actions.append(forwarding(_url(forward), _secret(secret_file)))
    if desktop:
        if shutil.which("notify-send") is None:
            raise click.ClickException("notify-send is missing (Debian: apt-get install libnotify-bin)")
        actions.append(notifying())
    if not actions:
        raise click.UsageError("nothing to do: --forward, --desktop or both")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    address = _address(listen)
    try:
        serving = Relay(address.host, address.port, tuple(actions))
    except OSError as error:
        raise click.ClickException(f"cannot listen on {listen}: {error.strerror}") from error
    click.echo(f"relaying what comes to http://{address.host}:{serving.port}/", err=True)
    _serve(serving)


def _serve(serving: Relay) -> None:
    """Serve until SIGINT or SIGTERM."""
    thread = threading.Thread(target=serving.run, name="relay")
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    thread.start()
    told.wait()
    serving.stop()
    thread.join()


def _url(text: str) -> str:
    try:
        return validation.url(text)
    except ValueError as error:
        raise click.UsageError(f"--forward: {error}") from None


def _address(text: str) -> Any:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise click.UsageError(f"--listen: {error}") from None


def _secret(file: Path) -> bytes:
    secret = file.read_bytes().strip()
    if len(secret) < 16:
        raise click.ClickException(f"{file}: a key of at least 16 bytes, such as from: openssl rand -hex 32")
    return secret
