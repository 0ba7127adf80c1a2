"""The receivers that an Alertmanager is set up with, read back for messages that are no alerts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..yaml_document import parse

_TLS_PORT = 465


class ReceiverError(Exception):
    """There is no such receiver, or it cannot be read or reached; the message is for the user and holds no secret."""


@dataclass(frozen=True, slots=True)
class EmailReceiver:
    """A mail server, and who writes to whom."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    require_tls: bool = True

    @property
    def tls_from_the_start(self) -> bool:
        """Whether the server speaks TLS from the first byte."""
        return self.port == _TLS_PORT


@dataclass(frozen=True, slots=True)
class SlackReceiver:
    """An incoming webhook of Slack."""

    url: str = field(repr=False)
    channel: str


def email_receiver(folder: Path) -> EmailReceiver:
    """Return the first receiver of e-mail in a folder's alertmanager.yml; raise ReceiverError."""
    document = _document(folder)
    own = next(_configs(document, "email_configs"), None)
    if own is None:
        raise ReceiverError(f"{folder}/alertmanager.yml has no receiver by e-mail: `tachograph alerting configure`")
    common = {name.removeprefix("smtp_"): value for name, value in _mapping(document.get("global")).items()}
    found = {**common, **own}
    host, _, port = str(found.get("smarthost", "")).rpartition(":")
    if not host or not port.isdigit() or not found.get("from"):
        raise ReceiverError(f"{folder}/alertmanager.yml: a receiver by e-mail needs smarthost HOST:PORT and from")
    return EmailReceiver(
        host=host.strip("[]"),
        port=int(port),
        sender=str(found["from"]),
        to=tuple(address.strip() for address in str(found.get("to", "")).split(",") if address.strip()),
        user=str(found.get("auth_username", "")),
        password=_secret(folder, found, "auth_password"),
        require_tls=found.get("require_tls", True) is not False,
    )


def slack_receiver(folder: Path) -> SlackReceiver:
    """Return the first receiver of Slack in a folder's alertmanager.yml; raise ReceiverError."""
    document = _document(folder)
    own = next(_configs(document, "slack_configs"), None)
    if own is None:
        raise ReceiverError(f"{folder}/alertmanager.yml has no receiver by Slack: `tachograph alerting configure`")
    common = {name.removeprefix("slack_"): value for name, value in _mapping(document.get("global")).items()}
    url = _secret(folder, {**common, **own}, "api_url")
    if not url:
        raise ReceiverError(f"{folder}/alertmanager.yml: a receiver by Slack needs api_url_file")
    return SlackReceiver(url, str(own.get("channel", "")))


def _document(folder: Path) -> Mapping[str, Any]:
    file = folder / "alertmanager.yml"
    try:
        return _mapping(parse(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        cure = f"`tachograph alerting configure {folder}` writes it, or --receivers names another folder"
        raise ReceiverError(f"there is no {file}: {cure}") from None
    except (OSError, ValueError) as error:
        raise ReceiverError(f"{file}: {error}") from error


def _configs(document: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    receivers = document.get("receivers")
    for receiver in receivers if isinstance(receivers, list) else ():
        found = _mapping(receiver).get(kind)
        yield from (one for one in (found if isinstance(found, list) else ()) if isinstance(one, Mapping))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _secret(folder: Path, found: Mapping[str, Any], name: str) -> str:
    """Return a secret that is written there, or in a file: where Alertmanager sees it, else in the folder's secrets."""
    if f"{name}_file" not in found:
        return str(found.get(name, ""))
    named = Path(str(found[f"{name}_file"]))
    near = folder / "secrets" / named.name
    file = near if near.exists() and not (named.is_absolute() and named.exists()) else folder / named
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ReceiverError(
            f"{file}: cannot be read ({getattr(error, 'strerror', None) or 'it is no text'})"
        ) from error
