"""`tachograph demo`: runs the demo application that is shipped beside the code."""

import subprocess
import sys

import click

from ..bundle import bundled


@click.command(
    "demo",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run the demo application; its own --help tells what it takes."""
    process = subprocess.Popen([sys.executable, str(bundled("demo")), *arguments])  # noqa: S603 - our own program
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # a terminal sends it to the demo too, which stops; wait for it
            continue
