"""Environment variables: what the text of each kind says, and one warning for each that makes no sense."""

import logging
import os
import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

_log = logging.getLogger("tachograph")
Value = TypeVar("Value")
# Thirty years: what locks can wait for.
_MILLISECONDS_LIMIT = 1e12
_KNOWN_PROTOCOLS = ("grpc", "http/json")


class Url(NamedTuple):
    """A URL without the name and the password in it, and the header that they come to."""

    address: str
    headers: Mapping[str, str]


class Reader:
    """Reads variables; a value that makes no sense is one warning that names it, and the default."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        # What the environment asks of an exporter, and Tachograph's own pipeline does not do.
        self.beyond: list[str] = []

    def text(self, name: str) -> str | None:
        """Return the text of a variable, None where it is not set or empty."""
        return self._environment.get(name, "").strip() or None

    def value(self, name: str, parse: Callable[[str], Value], default: Value, *, secret: bool = False) -> Value:
        """Return what `parse` makes of a variable; the warning quotes no secret, and no password of a URL."""
        text = self.text(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            shown = "" if secret else f"={text}" if "@" not in text else f"=...@{text.rpartition('@')[2]}"
            _log.warning("%s%s: %s; going on with the default", name, shown, error)
            return default

    def exported(self, signal: str) -> bool:
        """Tell whether a signal is to be sent (OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER)."""
        name = f"OTEL_{signal}_EXPORTER"
        text = self.text(name)
        if text is not None and text != "none" and "otlp" not in text:
            self.beyond.append(f"{name}={text}: Tachograph's own pipeline sends OTLP; going on with that")
        return text != "none"

    def protocol(self, name: str) -> None:
        """Look whether OTLP is asked for in a form that Tachograph's own pipeline does not speak."""
        text = self.value(name, _protocol, "http/protobuf")
        if text in _KNOWN_PROTOCOLS:
            self.beyond.append(f"{name}={text}: Tachograph's own pipeline speaks http/protobuf; going on with that")


def boolean(text: str) -> bool:
    """Read true or false."""
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise ValueError("it must be true or false")


def content(text: str) -> bool:
    """Read whether spans are to have the messages of calls of models."""
    if text.lower() in ("true", "1", "span_only", "span_and_event"):
        return True
    if text.lower() in ("false", "0", "no_content"):
        return False
    raise ValueError("it must be true, false, NO_CONTENT, SPAN_ONLY or SPAN_AND_EVENT; there are no events")


def patterns(text: str) -> tuple[str, ...]:
    """Read regular expressions, one a line."""
    found = tuple(line.strip() for line in text.splitlines() if line.strip())
    for pattern in found:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return found


def amount(text: str) -> float:
    """Read a number above 0."""
    number = _number(text)
    if not 0 < number < float("inf"):
        raise ValueError("it must be a number above 0")
    return number


def ratio(text: str) -> float:
    """Read a number from 0 to 1."""
    number = _number(text)
    if not 0 <= number <= 1:
        raise ValueError("it must be a number from 0 to 1")
    return number


def milliseconds(text: str) -> float:
    """Read milliseconds; return seconds."""
    number = _number(text)
    if not 0 < number < _MILLISECONDS_LIMIT:
        raise ValueError("it must be a number of milliseconds above 0")
    return number / 1000


def positive(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isdecimal() or int(text) <= 0:
        raise ValueError("it must be a whole number above 0")
    return int(text)


def url(text: str) -> Url:
    """Read a URL; a name and a password in it become a header, and are never shown."""
    parts = urlsplit(text)
    try:
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("it must be a URL that begins with http:// or https://")
    user, at, place = parts.netloc.rpartition("@")
    headers = {"Authorization": f"Basic {b2a_base64(unquote(user).encode(), newline=False).decode()}"} if at else {}
    return Url(parts._replace(netloc=place).geturl(), headers)


def sampler(text: str) -> str:
    """Read the name of a sampler."""
    if text.removeprefix("parentbased_") not in ("always_on", "always_off", "traceidratio"):
        raise ValueError("it must be always_on, always_off or traceidratio, each also with parentbased_ before it")
    return text


def pairs(text: str) -> dict[str, str]:
    """Read key=value,key=value."""
    found = {}
    for number, part in enumerate(text.split(","), 1):
        key, equals, value = part.partition("=")
        if part.strip() and (not equals or not key.strip()):
            raise ValueError(f"it must be key=value,key=value, and part {number} is not")
        if part.strip():
            found[key.strip()] = unquote(value.strip())
    return found


def names(text: str) -> frozenset[str]:
    """Read names between commas."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def compression(text: str) -> bool:
    """Read whether bodies are compressed."""
    if text not in ("gzip", "none"):
        raise ValueError("it must be gzip or none")
    return text == "gzip"


def file(text: str) -> str:
    """Read the path of a file that is there."""
    if not os.path.isfile(text):  # noqa: PTH113 - no pathlib in every application
        raise ValueError("there is no such file")
    return text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _protocol(text: str) -> str:
    if text not in ("http/protobuf", *_KNOWN_PROTOCOLS):
        raise ValueError("it must be http/protobuf")
    return text
