"""`tachograph rules`: write the rule files for Prometheus."""

import tomllib
from pathlib import Path

import click

from ..rules.document import document
from ..rules.settings import Settings, SettingsError, parse
from ..rules.subjects import CHECKS, rule_files


@click.group("rules")
def command() -> None:
    """Write recording and alerting rules for Prometheus."""


@command.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Configuration whose [alerts] section has thresholds, selectors and objectives of your own.",
)
def export(directory: Path, config: Path | None) -> None:
    """Write one file a subject into DIRECTORY, for `rule_files` of prometheus.yml."""
    settings = load(config)
    directory.mkdir(parents=True, exist_ok=True)
    files = rule_files(settings)
    for file in files:
        (directory / file.name).write_text(document(file), encoding="utf-8")
    click.echo(f"wrote {len(files)} rule files to {directory}")


def load(config: Path | None) -> Settings:
    """Return the settings of a configuration file's [alerts] section, or the defaults."""
    if config is None:
        return Settings()
    try:
        return parse(tomllib.loads(config.read_text(encoding="utf-8")).get("alerts", {}), CHECKS)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, SettingsError) as error:
        raise click.ClickException(f"{config}: {error}") from None
