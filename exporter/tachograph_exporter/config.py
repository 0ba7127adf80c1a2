"""Reads the configuration file and the flags into settings; strict, for a typing error must not go unnoticed."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from .collectors.options import Options
from .convert import convert
from .settings import COLLECTOR_TYPES, SECTIONS, Settings

Flags = Mapping[str, Mapping[str, Any]]
DISABLE_DEFAULTS = "disable_defaults"  # the one key of [collector] that is no collector
_FLAGS = {"config_file": "config.file"}  # as Prometheus' exporters have it


class BadConfig(Exception):  # noqa: N818 - the message is for the user
    """Something that was set is wrong; the message says where, what, and what to write instead."""


def load(file: Path | None, flags: Flags | None = None) -> Settings:
    """Return the settings of a file, where there is one, and of flags, which win.

    `flags` are section -> field -> value, where a collector's section is collector.NAME and its field `enabled`
    switches it. Raise BadConfig.
    """
    document = _read(file) if file else {}
    reader = _Reader(str(file), flags or {})
    reader.refuse_unknown("", document, [*SECTIONS, "collector", "alerts"])  # [alerts] is for `tachograph rules`
    sections: dict[str, Any] = {
        name: reader.section(name, kind, document.get(name, {})) for name, kind in SECTIONS.items()
    }
    return Settings(**sections, collectors=reader.collectors(document.get("collector", {})))


def flag_name(section: str, key: str) -> str:
    """Return the flag that sets a section's field."""
    if key == "enabled":
        return f"--{section}"
    return f"--{section}.{_FLAGS.get(key) or key.replace('_', '-')}"


def types_of(kind: type[Any]) -> dict[str, Any]:
    """Return the types of a section's fields, by their names."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadConfig(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{file}: not TOML: {error}") from error


class _Reader:
    """Reads the sections of one file and of the flags."""

    def __init__(self, file: str, flags: Flags) -> None:
        self._file = file
        self._flags = flags

    def collectors(self, tables: Any) -> dict[str, Options]:
        self._table("collector", tables)
        self.refuse_unknown("collector", tables, [DISABLE_DEFAULTS, *COLLECTOR_TYPES])
        few = self._value("collector", DISABLE_DEFAULTS, bool, tables.get(DISABLE_DEFAULTS, False))
        found = {}
        for name, kind in COLLECTOR_TYPES.items():
            section = f"collector.{name}"
            table = dict(self._table(section, tables.get(name, {})))
            enabled = self._value(section, "enabled", bool, table.pop("enabled", kind.default and not few))
            options = self.section(section, kind.options_type, table, switch=True)
            if enabled:
                found[name] = options
        return found

    def section(self, section: str, kind: type[Any], table: Any, *, switch: bool = False) -> Any:
        types = types_of(kind)
        known = ["enabled", *types] if switch else list(types)
        self.refuse_unknown(section, self._table(section, table), known)
        keys = {*table, *self._flags.get(section, {})} & types.keys()
        checks = {field.name: field.metadata.get("check") for field in fields(kind)}
        values = {key: self._value(section, key, types[key], table.get(key), checks[key]) for key in keys}
        return self._make(section, kind, values)

    def _make(self, section: str, kind: type[Any], values: dict[str, Any]) -> Any:
        try:
            return kind(**values)
        except (ValueError, TypeError) as error:
            raise BadConfig(f"{self._file}: [{section}] {error}") from error

    def refuse_unknown(self, section: str, table: Mapping[str, Any], known: Collection[str]) -> None:
        for key in table:
            if key not in known:
                where = f"[{section}] " if section else ""
                raise BadConfig(f"{self._file}: {where}unknown key {key!r}; {_advice(key, known)}")

    def _table(self, section: str, table: Any) -> Mapping[str, Any]:
        if not isinstance(table, Mapping):
            raise BadConfig(f"{self._file}: {section} must be a table, [{section}]")
        return table

    def _value(self, section: str, key: str, hint: Any, value: Any, check: Callable[[Any], None] | None = None) -> Any:
        flags = self._flags.get(section, {})
        by_flag = key in flags
        where = flag_name(section, key) if by_flag else f"{self._file}: [{section}] {key}"
        try:
            converted = convert(hint, flags.get(key, value), self._nested(f"{section}.{key}"), text=by_flag)
            if check:
                check(converted)
        except ValueError as error:
            raise BadConfig(f"{where}: {error}") from error
        return converted

    def _nested(self, section: str) -> Any:
        return lambda kind, table: self.section(section, kind, table)


def _advice(key: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it

    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}" if known else "it has no keys"
