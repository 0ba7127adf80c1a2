"""Reads the file with TLS and basic auth: the format of Prometheus' exporters (exporter-toolkit, web-configuration.md).

What is not supported is refused by its name, for a protection that is asked for and not given is none.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .config import BadConfig
from .convert import Mismatch
from .web_tls import FIELDS as _TLS_FIELDS
from .web_tls import Tls, read_tls

_HASH = re.compile(r"\$2[abxy]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+|0")
_DURATION_PART = re.compile(r"([\d.]+)(ms|s|m|h)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """One request an interval, and a burst of so many at once."""

    interval_seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What protects a listener; users are names and bcrypt hashes."""

    tls: Tls | None = None
    headers: tuple[tuple[str, str], ...] = ()
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    rate: Rate | None = None


def load_web_config(file: Path | None) -> WebConfig:
    """Return what the file says, nothing without a file; raise BadConfig with the file, the field and the cure."""
    if file is None:
        return WebConfig()
    section = ""
    try:
        tables = _tables(file)
        section = "tls_server_config: "
        tls = read_tls(tables["tls_server_config"], file.parent)
        section = ""
        return WebConfig(
            tls,
            _headers(tables["http_server_config"]),
            _users(tables["basic_auth_users"]),
            _rate(tables["rate_limit"]),
        )
    except OSError as error:
        raise BadConfig(f"{error.filename or file}: {error.strerror}") from error
    except ValueError as error:
        raise BadConfig(f"{file}: {section}{error}") from error


_FIELDS: Mapping[str, Collection[str] | None] = {
    "tls_server_config": _TLS_FIELDS,
    "http_server_config": ("http2", "headers"),
    "basic_auth_users": None,
    "rate_limit": ("interval", "burst"),
}


def _tables(file: Path) -> dict[str, Mapping[str, Any]]:
    from .yaml_document import parse  # noqa: PLC0415 - most exporters have no such file, and YAML costs a megabyte

    document = parse(file.read_text("utf-8"))
    if not isinstance(document, Mapping):
        raise Mismatch("must be a mapping, as web-configuration.md of the exporter-toolkit describes it")
    _refuse_unknown("", document, _FIELDS)
    tables: dict[str, Mapping[str, Any]] = {}
    for name, known in _FIELDS.items():
        table = document.get(name) or {}
        if not isinstance(table, Mapping):
            raise Mismatch(f"{name} must be a mapping")
        if known is not None:
            _refuse_unknown(f"{name}: ", table, known)
        tables[name] = table
    return tables


def _refuse_unknown(where: str, table: Mapping[str, Any], known: Collection[str]) -> None:
    for key in table:
        if key not in known:
            raise Mismatch(f"{where}{key} is not supported; there are {', '.join(known)}")


def _headers(table: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if table.get("http2", False) is not False:
        raise Mismatch("http_server_config: http2 is not supported: leave it out or write false")
    given = table.get("headers") or {}
    if not isinstance(given, Mapping):
        raise Mismatch("http_server_config: headers must be a mapping")
    _refuse_unknown("http_server_config: headers: ", given, _HEADERS)
    found = []
    for name, value in given.items():
        text = "" if value is None else str(value)
        if not text.isprintable() or not text.isascii():
            raise Mismatch(f"http_server_config: {name} must be printable ASCII")
        if text and _HEADERS[name] and text.lower() not in _HEADERS[name]:
            raise Mismatch(f"http_server_config: {name} must be {' or '.join(_HEADERS[name])}, not {text!r}")
        found.append((name, text))
    return tuple((name, text) for name, text in found if text)


def _users(table: Mapping[str, Any]) -> dict[str, str]:
    for name, hashed in table.items():
        if not isinstance(name, str) or not name or ":" in name:
            raise Mismatch(f"basic_auth_users: {name!r} is no user name: it must be a string without a colon")
        if not isinstance(hashed, str) or not _HASH.fullmatch(hashed):
            raise Mismatch(f"basic_auth_users: {name} has no bcrypt hash; make one with: htpasswd -nBC 10 {name}")
    return dict(table)


def _rate(table: Mapping[str, Any]) -> Rate | None:
    interval, burst = str(table.get("interval", 0)), table.get("burst", 0)
    if not _DURATION.fullmatch(interval):
        raise Mismatch(f"rate_limit: interval must be a duration like 1s or 500ms, not {interval!r}")
    if type(burst) is not int or burst < 0:
        raise Mismatch(f"rate_limit: burst must be a whole number, not {burst!r}")
    seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _DURATION_PART.findall(interval))
    return Rate(seconds, burst) if seconds else None
