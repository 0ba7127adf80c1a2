"""`tachograph serve`: the exporter, until it is told to stop."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..address import Address
from ..exporter import make_scraper
from ..server.listener import CannotListen, Listen, run
from ..server.metrics import MetricsPage
from ..server.site import Site, landing, reading, text
from ..settings import Settings
from .flags import read_settings, settings_flags


@click.command("serve", params=settings_flags("web", "otlp", "path", "scrape"))
def command(config_file: Path | None, **flags: Any) -> None:
    """Serve this host's metrics, and receive those of applications, until SIGINT or SIGTERM."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    settings = read_settings(config_file, flags)
    try:
        run(_listens(settings), reload=lambda: None, started=_say)
    except CannotListen as error:
        raise click.ClickException(str(error)) from error


def _listens(settings: Settings) -> list[Listen]:
    page = MetricsPage(make_scraper(settings), waiting_max=settings.web.max_requests)
    path = settings.web.telemetry_path
    site = Site(
        {
            **landing("Tachograph", {path: "Metrics", "/-/healthy": "Health"}),
            path: reading(page),
            "/-/healthy": text("healthy"),
            "/-/ready": text("ready"),
        }
    )
    return [Listen(site, address) for address in settings.web.listen_address]


def _say(addresses: Sequence[Address]) -> None:
    for address in addresses:
        click.echo(f"listening on http://{address}", err=True)
