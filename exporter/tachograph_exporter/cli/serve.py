"""`tachograph serve`: the exporter, until it is told to stop."""

import gc
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ..address import Address
from ..config import BadConfig, load
from ..convert import Mismatch
from ..web_config import load_web_config
from .configuration import Configuration, require_folders
from .flags import SettingsCommand, read_flags, settings_flags
from .limits import read_limits
from .log_lines import LOG_FORMATS, set_up

_FILES = 8192  # twice what the process tables keep at most, and two listeners' connections
_LEVELS = ("debug", "info", "warning", "error")


@click.command("serve", cls=SettingsCommand, params=settings_flags("web", "otlp", "path", "scrape"))
@click.option("--log.level", "log_level", type=click.Choice(_LEVELS), default="info", help="What to log.  [info]")
@click.option("--log.format", "log_format", type=click.Choice(LOG_FORMATS), default="text", help="How.  [text]")
def command(config_file: Path | None, log_level: str, log_format: str, **values: Any) -> None:
    """Serve this host's metrics, and receive those of applications, until SIGINT or SIGTERM."""
    set_up(log_level, log_format)
    flags = read_flags(values)

    def read() -> Configuration:
        settings = load(config_file, flags)
        require_folders(settings)
        web, otlp = load_web_config(settings.web.config_file), load_web_config(settings.otlp.config_file)
        return Configuration(settings, web, otlp, read_limits(config_file))

    try:
        first = read()
    except BadConfig as error:
        raise click.ClickException(str(error)) from error
    if not first.uses_tls:
        _import_asyncio_without_ssl()
    from ..server.listener import CannotListen, run  # noqa: PLC0415 - only after asyncio was imported as above
    from .serving import Exporter  # noqa: PLC0415 - the same

    _allow_many_files()
    try:
        exporter = Exporter(first, read)
        run(exporter.listens(), exporter.services(), reload=exporter.reload, started=_started)
    except (CannotListen, Mismatch, OSError) as error:
        raise click.ClickException(str(error)) from error


def _import_asyncio_without_ssl() -> None:
    """Import asyncio as on a Python without ssl: OpenSSL would be a sixth of the exporter's memory, unused."""
    if "ssl" in sys.modules or "asyncio" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment] # the import system's mark for a module that is not there
    try:
        import asyncio  # noqa: F401, PLC0415 - imported for its effect
    finally:
        del sys.modules["ssl"]


def _allow_many_files() -> None:
    """Let there be a connection for each client, and a descriptor for each process, as far as the system allows it."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ModuleNotFoundError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _started(addresses: Sequence[Address]) -> None:
    click.echo(f"tachograph: listening on {', '.join(map(str, addresses))}", err=True)
    gc.collect()
    gc.freeze()  # what is there now stays: later collections need not look at it
