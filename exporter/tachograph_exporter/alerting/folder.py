"""Alertmanager's folder: its configuration, the templates, and each secret in a file of its own."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..bundle import bundled
from .channel import Channels
from .configuration import HEADER, configuration

# The owner writes, the server's group reads, nobody else.
SECRET = 0o640
PUBLIC = 0o644


class NotOurs(Exception):  # noqa: N818 - the message is for the user
    """A file that somebody else wrote is in the way."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and whether it is other than before."""

    path: Path
    changed: bool


def write(folder: Path, channels: Channels, *, group: int | None = None, force: bool = False) -> list[Written]:
    """Write everything that Alertmanager needs; files that are already right stay untouched.

    `channels.secrets` is where Alertmanager will find the secrets, which in a container is another path than
    `folder`/secrets. Raise NotOurs where alertmanager.yml was written by somebody else, unless forced.
    """
    target = folder / "alertmanager.yml"
    if target.exists() and not force and not target.read_text(encoding="utf-8").startswith(HEADER):
        raise NotOurs(f"{target} was not written by this command; --force replaces it")
    kept = _secrets(channels)
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    _give(folder / "secrets", group, 0o750)
    written = [_write(folder / "secrets" / name, text, group, SECRET) for name, text in kept.items()]
    for stale in SECRETS - kept.keys():
        (folder / "secrets" / stale).unlink(missing_ok=True)
    written.extend(_templates(folder / "templates"))
    # Alertmanager 0.25 takes webhooks' addresses from its configuration alone.
    mode = SECRET if channels.webhook or channels.dead_man_url else PUBLIC
    written.append(_write(target, configuration(channels), group, mode))
    return written


SECRETS = frozenset({"slack_webhook_url", "smtp_password"})


def _secrets(channels: Channels) -> Mapping[str, str]:
    """Return the secrets by file name."""
    secrets = {}
    if channels.slack:
        secrets["slack_webhook_url"] = channels.slack.url
    if channels.email and channels.email.user:
        secrets["smtp_password"] = channels.email.password
    return secrets


def _templates(folder: Path) -> Iterator[Written]:
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(bundled("alertmanager/templates").glob("*.tmpl")):
        target = folder / source.name
        same = target.exists() and target.read_bytes() == source.read_bytes()
        if not same:
            shutil.copyfile(source, target)
        yield Written(target, changed=not same)


def _write(path: Path, text: str, group: int | None, mode: int) -> Written:
    """Write a file whole or not at all, never readable by others even for a moment. No newline is added."""
    same = path.exists() and path.read_bytes() == text.encode()
    if not same:
        draft = path.with_name(f".{path.name}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode())
        _give(draft, group, mode)
        draft.replace(path)
    _give(path, group, mode)
    return Written(path, changed=not same)


def _give(path: Path, group: int | None, mode: int) -> None:
    if group is not None:
        os.chown(path, -1, group)
    path.chmod(mode)
