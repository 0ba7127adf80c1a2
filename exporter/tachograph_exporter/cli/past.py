"""What the commands that read the past have in common: where it is read from, which window, and progress."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from ..past.access import Access
from ..past.failure import PastError
from ..past.source import Source, source_at
from ..past.window import Window, told, window
from .rules import load

EXPORTER = "http://127.0.0.1:9100"
_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATIENCE_SECONDS = 2.0
_TICK_SECONDS = 5.0
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_GAP_SECONDS = 600


def source_options(command: _Command) -> _Command:
    """Add the options that say where the past is read from; `read_source` takes what they give."""
    options = (
        click.option(
            "--prometheus",
            metavar="URL",
            envvar="TACHOGRAPH_PROMETHEUS",
            show_envvar=True,
            help="Prometheus, or what speaks its API (Thanos, Mimir); without one the exporter's ring is read.",
        ),
        click.option(
            "--exporter", metavar="URL", envvar="TACHOGRAPH_EXPORTER", show_envvar=True, help=f"[default: {EXPORTER}]"
        ),
        click.option("--user", default="", envvar="TACHOGRAPH_USER", show_envvar=True, help="User of that server."),
        click.option("--password-file", type=_FILE, help="The user's password."),
        click.option("--token-file", type=_FILE, help="A bearer token."),
        click.option("--ca-file", type=_FILE, help="Authority whose certificate that server has."),
        click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="Such as X-Scope-OrgID:team."),
        click.option("--timeout", type=click.FloatRange(1, 3600), default=60.0, show_default=True, help="Seconds."),
        click.option(
            "--config",
            type=_FILE,
            envvar="TACHOGRAPH_CONFIG",
            show_envvar=True,
            help="Your [alerts]: hosts, application and limits.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def window_options(since: str) -> Callable[[_Command], _Command]:
    """Return what adds the options that say which window; `read_window` takes what they give."""

    def add(command: _Command) -> _Command:
        for option in (
            click.option("--end", metavar="TIME", help="Where it ends: as --start, or now."),
            click.option("--start", metavar="TIME", help="Where it begins: 2026-11-20, 2026-11-20T18:00Z."),
            click.option("--since", metavar="DURATION", help=f"How far back: 30m, 24h, 7d.  [default: {since}]"),
        ):
            command = option(command)
        return command

    return add


def read_source(
    *,
    prometheus: str | None,
    exporter: str | None,
    user: str,
    password_file: Path | None,
    token_file: Path | None,
    ca_file: Path | None,
    headers: tuple[str, ...],
    timeout: float,
    config: Path | None,
) -> Source:
    """Return the source that the options name; bad ones are refused."""
    if prometheus and exporter:
        context = click.get_current_context()
        if context.get_parameter_source("exporter") is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError("--prometheus and --exporter: one of them is read")
    if password_file and not user:
        raise click.UsageError("--password-file needs --user")
    if user and token_file:
        raise click.UsageError("--user and --token-file: one of them lets you in")
    progress = Progress()
    click.get_current_context().call_on_close(progress.end)
    access = Access(user, password_file, token_file, ca_file, tuple(map(_header, headers)), timeout)
    try:
        return source_at(prometheus, exporter or EXPORTER, access=access, settings=load(config), progress=progress)
    except ValueError as error:
        raise click.UsageError(f"{'--prometheus' if prometheus else '--exporter'}: {error}") from None
    except PastError as error:
        raise click.ClickException(str(error)) from error


def read_window(since: str | None, start: str | None, end: str | None, *, default: str) -> Window:
    """Return the window that the options name; half of one is refused."""
    try:
        given = since if since or start or end else default
        return window(time.time(), since=given, start=start, end=end)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Make one line and exit code 1 of what goes wrong in reading the past."""
    try:
        yield
    except PastError as error:
        raise click.ClickException(str(error)) from error


def note_reach(source: Source, asked: Window) -> str:
    """Return a line about what of a window lies further back than anybody remembers; empty where nothing does."""
    reach = source.reach()
    if reach.oldest is None or reach.oldest <= asked.start + _GAP_SECONDS:
        return ""
    return f"{told(asked.seconds)} were asked for: {reach.told}"


class Progress:
    """Tells on standard error how far a long query has come: from the third second on, in one line of a terminal."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()
        self._shown = False

    def __call__(self, what: str, done: int, number: int) -> None:
        """Tell, where it is time to."""
        now = time.monotonic()
        if now - self._began < _PATIENCE_SECONDS:
            return
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[Kreading {what}: {done}/{number}", nl=False, err=True)
            self._shown = True
        elif now - self._told >= _TICK_SECONDS:
            click.echo(f"reading {what}: {done}/{number}", err=True)
            self._told = now

    def end(self) -> None:
        """Leave the terminal's line as it was."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not value.strip():
        raise click.UsageError(f"--header: {text!r} is not NAME:VALUE, such as X-Scope-OrgID:team")
    return name.strip(), value.strip()
