"""The flags of the commands that read a host, made from the fields of the settings."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import click

from ..address import Address
from ..config import DISABLE_DEFAULTS, BadConfig, Flags, flag_name, load, types_of
from ..settings import COLLECTOR_TYPES, SECTIONS, Settings

_MARK = "__"
_CITATION = re.compile(r" \(kernel: [^)]*\)")
_METAVARS = {Address: "ADDRESS", Path: "PATH", re.Pattern: "PATTERN", int: "NUMBER", float: "NUMBER"}
# What node_exporter calls a flag otherwise, or called it once and still takes.
_NODE_EXPORTERS = {
    "--collector.powersupplyclass.ignored-supplies": ("--collector.powersupply.ignored-supplies",),
    "--collector.filesystem.mount-points-exclude": ("--collector.filesystem.ignored-mount-points",),
    "--collector.filesystem.fs-types-exclude": ("--collector.filesystem.ignored-fs-types",),
    "--collector.diskstats.device-exclude": ("--collector.diskstats.ignored-devices",),
    "--collector.netdev.device-exclude": ("--collector.netdev.device-blacklist",),
    "--collector.netdev.device-include": ("--collector.netdev.device-whitelist",),
}
_HEADINGS = {"--web": "Web", "--otlp": "Receiver", "--path": "Host", "--scrape": "Scrapes", "--collector": "Collectors"}


class SettingsCommand(click.Command):
    """A command whose help puts the flags under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the flags' help."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record:
                prefix = re.split(r"[./ ]", record[0], maxsplit=1)[0]
                sections.setdefault(_HEADINGS.get(prefix, "Options"), []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def settings_flags(*sections: str) -> list[click.Parameter]:
    """Return the flag for the configuration file, those of the named sections and those of all collectors."""
    config = click.Option(
        ["--config.file", "config_file"], metavar="FILE", type=click.Path(path_type=Path), help="Configuration in TOML."
    )
    found: list[click.Parameter] = [config]
    for section in sections:
        found += _section(section, SECTIONS[section])
    found.append(_switch("collector", DISABLE_DEFAULTS, "Switch on only the collectors that are named.", default=False))
    for name, collector in COLLECTOR_TYPES.items():
        line = _CITATION.sub("", (inspect.getdoc(collector) or "").partition("\n")[0])
        found.append(_switch(f"collector.{name}", "enabled", line, default=collector.default))
        found += _section(f"collector.{name}", collector.options_type)
    return found


def read_settings(config_file: Path | None, values: dict[str, Any]) -> Settings:
    """Return the settings of the file and of what click read from the flags; exit with one line if one is wrong."""
    try:
        return load(config_file, read_flags(values))
    except BadConfig as error:
        raise click.ClickException(str(error)) from error


def read_flags(values: dict[str, Any]) -> Flags:
    """Return what was set of the values click read, by section and field."""
    flags: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if value is not None and value != ():
            *section, key = name.split(_MARK)
            flags.setdefault(".".join(section), {})[key] = value
    return flags


def _section(section: str, kind: type[Any]) -> Iterator[click.Option]:
    for field in fields(kind):
        hint = types_of(kind)[field.name]
        documentation = field.metadata["documentation"]
        if hint is bool:
            yield _switch(section, field.name, documentation, default=field.default)
        elif has_flag(hint):
            flag = flag_name(section, field.name)
            names = [flag, *_NODE_EXPORTERS.get(flag, ()), _name(section, field.name)]
            help_text, multiple = documentation + _default(field), get_origin(hint) is tuple
            yield click.Option(names, multiple=multiple, help=help_text, metavar=_metavar(hint))


def _switch(section: str, key: str, documentation: str, *, default: object) -> click.Option:
    flag = flag_name(section, key)
    names = [f"{flag}/--no-{flag.removeprefix('--')}", _name(section, key)]
    return click.Option(names, default=None, help=f"{documentation}  [{'on' if default else 'off'}]")


def has_flag(hint: Any) -> bool:
    """Say whether a field of this type can be set by a flag; tables are for the file."""
    return (
        not any(is_dataclass(item) and item is not Address for item in get_args(hint))
        and get_origin(hint) is not Mapping
    )


def _name(section: str, key: str) -> str:
    return _MARK.join((*section.split("."), key))


def _metavar(hint: Any) -> str:
    kinds = {hint, get_origin(hint), *get_args(hint), *(get_origin(one) for one in get_args(hint))}
    return next((word for kind, word in _METAVARS.items() if kind in kinds), "TEXT")


def _default(field: "Field[Any]") -> str:
    value = field.metadata.get("default", field.default)
    if value in (None, "", ()):
        return ""
    return f"  [{' '.join(map(str, value)) if isinstance(value, tuple) else value}]"
