"""`tachograph check`: says whether a configuration file is good."""

from pathlib import Path

import click

from .flags import read_settings


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Check a configuration FILE and say what is wrong with it, if anything."""
    settings = read_settings(file, {})
    click.echo(f"{file}: good; {len(settings.collectors)} collectors are on")
