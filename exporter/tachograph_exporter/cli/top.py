"""`tachograph top`: the live page's content in the terminal."""

import io
import sys
from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("top")
@click.option(
    "--exporter",
    metavar="URL",
    default="http://127.0.0.1:9100",
    show_default=True,
    envvar="TACHOGRAPH_EXPORTER",
    show_envvar=True,
    help="The exporter.",
)
@click.option(
    "--ca-file", "--ca", "authority", metavar="FILE", type=_FILE, help="The CA that signed the exporter's certificate."
)
@click.option(
    "--user",
    "--username",
    "username",
    metavar="NAME",
    default="",
    envvar="TACHOGRAPH_USER",
    show_envvar=True,
    help="The user, where the exporter asks for one.",
)
@click.option("--password-file", metavar="FILE", type=_FILE, help="A file with the user's password.")
@click.option("--once", "once_only", is_flag=True, help="Print everything once; so it is where no terminal is.")
def command(
    exporter: str, authority: Path | None, username: str, password_file: Path | None, *, once_only: bool
) -> None:
    """Show what a running exporter knows, in the terminal, brought up to date once a second.

    Keys: ? shows them, q quits. Colours follow NO_COLOR.
    """
    from rich.console import Console  # noqa: PLC0415 - the extra

    from ..top.connection import Unreachable, target  # noqa: PLC0415 - no other command needs it

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the terminal's encoding may lack characters of lines and names
    console = Console(markup=False, emoji=False, highlight=False)
    interactive = console.is_terminal and not console.is_dumb_terminal and sys.stdin.isatty()
    try:
        where = target(exporter, authority=authority, username=username, password_file=password_file)
        if once_only or not interactive or sys.platform == "win32":
            from ..top.once import once  # noqa: PLC0415 - one of two

            once(where, console)
        else:
            from ..top.session import watch  # noqa: PLC0415 - it needs termios

            watch(where, console)
    except (Unreachable, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(0)
