"""`tachograph demo`: runs the demo application that is shipped beside the code."""

import os
import sys

import click

from ..bundle import bundled


@click.command(
    "demo",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run the demo application; its own --help tells what it takes."""
    sys.stdout.flush()
    # in this process's place, so that every signal reaches the demo itself
    os.execv(sys.executable, [sys.executable, str(bundled("demo")), *arguments])  # noqa: S606 - our own program
