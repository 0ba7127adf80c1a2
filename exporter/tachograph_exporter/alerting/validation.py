"""What a person may answer for each setting of notifications; anything else is refused with what was expected."""

import re
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .channel import SEVERITIES, QuietHours, Severity

CHANNEL = re.compile(r"[#@][\w.-]+|[CGDU][A-Z0-9]{8,}")
DURATION = re.compile(r"([0-9]+(ms|[smhdwy]))+")
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):([0-9]{1,5})")
HOURS = re.compile(r"(([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d)")


def url(text: str) -> str:
    """Return an http(s) address as it is."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\"']", text):
        raise ValueError("not an http(s) address")
    return text


def channel(text: str) -> str:
    """Return a Slack channel: #name, @user or an id."""
    if not CHANNEL.fullmatch(text):
        raise ValueError("not a Slack channel such as #alerts")
    return text


def address(text: str) -> str:
    """Return an e-mail address, with a name or without."""
    _, plain = parseaddr(text)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", plain) or "\n" in text:
        raise ValueError("not an e-mail address")
    return text


def addresses(text: str) -> str:
    """Return e-mail addresses, separated by commas."""
    return ", ".join(address(one.strip()) for one in text.split(","))


def smarthost(text: str) -> str:
    """Return a mail server's HOST:PORT."""
    match = HOST.fullmatch(text)
    if not match or not 0 < int(match[3]) < 65536:
        raise ValueError("not a mail server such as smtp.example.org:587")
    return text


def duration(text: str) -> str:
    """Return a duration as Prometheus writes it."""
    if not DURATION.fullmatch(text):
        raise ValueError("not a duration such as 4h")
    return text


def severity(text: str) -> Severity:
    """Return a severity."""
    for known in SEVERITIES:
        if text == known:
            return known
    raise ValueError(f"not one of {', '.join(SEVERITIES)}")


def quiet_hours(text: str) -> QuietHours:
    """Return quiet hours: HH:MM-HH:MM, with a time zone after a space or in UTC."""
    hours, _, zone = text.partition(" ")
    match = HOURS.fullmatch(hours)
    if not match or match[1] == match[3]:
        raise ValueError("not hours such as 22:00-07:00 Europe/Paris")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{zone!r} is no time zone such as Europe/Paris") from None
    return QuietHours(match[1], match[3], zone or "UTC")


def secret(text: str) -> str:
    """Return a secret as it is; it must fit on a line, for Alertmanager takes its file as it is."""
    if not text or any(character in text for character in "\r\n\0"):
        raise ValueError("empty, or more than a line")
    return text
