"""`tachograph scrape`: prints what one scrape would answer."""

from pathlib import Path
from typing import Any

import click

from ..config import BadConfig
from ..exporter import make_scraper
from ..exposition.text import OpenMetricsWriter, TextWriter
from .configuration import require_folders
from .flags import SettingsCommand, read_settings, settings_flags


@click.command("scrape", cls=SettingsCommand, params=settings_flags("path", "scrape"))
@click.option("--openmetrics", is_flag=True, help="Print OpenMetrics 1.0 instead of text 0.0.4.")
def command(config_file: Path | None, *, openmetrics: bool, **flags: Any) -> None:
    """Print the metrics of one scrape of this host."""
    settings = read_settings(config_file, flags)
    try:
        require_folders(settings)
    except BadConfig as error:
        raise click.ClickException(str(error)) from error
    scraper = make_scraper(settings)
    writer = OpenMetricsWriter() if openmetrics else TextWriter()
    click.echo(writer.write(scraper.scrape()), nl=False)
