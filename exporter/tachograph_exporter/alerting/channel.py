"""The channels that messages leave by; whatever is secret in them is named by the file it is kept in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Severity = Literal["warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("warning", "critical")


@dataclass(frozen=True, slots=True)
class Slack:
    """An incoming webhook of Slack, or of anything that answers like it."""

    url: str = field(repr=False)
    channel: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Email:
    """A mail server and who writes to whom; a port of 465 speaks TLS from the first byte."""

    smarthost: str
    sender: str
    to: str
    user: str = ""
    password: str = field(default="", repr=False)
    require_tls: bool = True
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that receives Alertmanager's JSON, such as the relay's."""

    url: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The times of day, by a zone's clock, at which warnings wait; a critical alert never does."""

    start: str
    end: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Channels:
    """Everything an Alertmanager of ours is set up with."""

    secrets: Path
    slack: Slack | None = None
    email: Email | None = None
    webhook: Webhook | None = None
    dead_man_url: str = field(default="", repr=False)
    quiet_hours: QuietHours | None = None
    cooldown: str = "4h"

    @property
    def deliver(self) -> bool:
        """Whether any message leaves at all."""
        return any((self.slack, self.email, self.webhook))
