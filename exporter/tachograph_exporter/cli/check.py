"""`tachograph check`: says whether a configuration file is good."""

from pathlib import Path

import click

from ..config import BadConfig
from ..convert import Mismatch
from ..server.protection import tls_context
from ..web_config import load_web_config
from .flags import read_settings
from .rules import load


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Check a configuration FILE and say what is wrong with it, if anything."""
    settings = read_settings(file, {})
    load(file)
    try:
        for web_config in (settings.web.config_file, settings.otlp.config_file):
            tls_context(load_web_config(web_config))
    except (BadConfig, Mismatch) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: good; {len(settings.collectors)} collectors are on")
