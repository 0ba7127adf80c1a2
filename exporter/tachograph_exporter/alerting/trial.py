"""A synthetic alert sent through a running Alertmanager, and what became of it, integration by integration."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

NAME = "TachographTest"
_SENT = re.compile(r'^alertmanager_notification_requests(_failed)?_total\{[^}]*integration="(\w+)"[^}]*\} (\S+)$', re.M)
_INTEGRATIONS = re.compile(r"^  (\w+?)_configs:", re.MULTILINE)
_TIMEOUT_SECONDS = 10
_POLL_SECONDS = 0.5


class TrialError(Exception):
    """Alertmanager could not be asked, or answered something else than it should."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the message by one integration of one receiver."""

    receiver: str
    integration: str
    delivered: bool
    attempts_failed: int


class Alertmanager:
    """An Alertmanager's HTTP API, as far as a trial needs it."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def post(self, alert: Mapping[str, Any]) -> None:
        """Post an alert as Prometheus would."""
        headers = {"Content-Type": "application/json"}
        self._open(urllib.request.Request(f"{self._url}/api/v2/alerts", json.dumps([alert]).encode(), headers))  # noqa: S310 - the user's URL

    def receivers(self, matcher: str) -> list[str]:
        """Return the receivers that the alerts of a matcher are routed to."""
        alerts = json.loads(self._get(f"/api/v2/alerts?filter={quote(matcher)}"))
        return sorted({receiver["name"] for alert in alerts for receiver in alert["receivers"]})

    def integrations(self, receiver: str) -> list[str]:
        """Return what a receiver delivers by, such as slack, from the configuration that Alertmanager runs."""
        original: str = json.loads(self._get("/api/v2/status"))["config"]["original"]
        for part in re.split(r"^- name: ", original.partition("\nreceivers:")[2], flags=re.MULTILINE)[1:]:
            if part.splitlines()[0].strip("\"' ") == receiver:
                return _INTEGRATIONS.findall(part)
        return []

    def requests(self) -> dict[str, tuple[int, int]]:
        """Return how many requests each integration made, and how many of them failed."""
        made: dict[str, int] = {}
        failed: dict[str, int] = {}
        for bad, integration, count in _SENT.findall(self._get("/metrics")):
            counts = failed if bad else made
            counts[integration] = counts.get(integration, 0) + int(float(count))
        return {integration: (count, failed.get(integration, 0)) for integration, count in made.items()}

    def _get(self, path: str) -> str:
        return self._open(urllib.request.Request(f"{self._url}{path}"))  # noqa: S310 - the user's URL

    def _open(self, request: urllib.request.Request) -> str:
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - the user's URL
                body: bytes = response.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            reason = getattr(error, "reason", error)
            raise TrialError(f"Alertmanager at {self._url} does not answer: {reason}") from error
        return body.decode()


def run(manager: Alertmanager, *, severity: str, timeout_seconds: float) -> list[Outcome]:
    """Send a synthetic alert, wait until every integration has delivered it or the time is up, and take it back."""
    before = manager.requests()
    alert = _alert(severity)
    manager.post(alert)
    try:
        awaited = _awaited(manager, alert["labels"]["service_name"])
        deadline = time.monotonic() + timeout_seconds
        outcomes = _outcomes(awaited, before, manager.requests())
        while not all(outcome.delivered for outcome in outcomes) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            outcomes = _outcomes(awaited, before, manager.requests())
    finally:
        manager.post({**alert, "endsAt": _now()})
    return outcomes


def _awaited(manager: Alertmanager, service: str) -> list[tuple[str, str]]:
    receivers = manager.receivers(f'service_name="{service}"')
    return [(receiver, integration) for receiver in receivers for integration in manager.integrations(receiver)]


def _outcomes(
    awaited: Iterable[tuple[str, str]], before: Mapping[str, tuple[int, int]], now: Mapping[str, tuple[int, int]]
) -> list[Outcome]:
    outcomes = []
    for receiver, integration in awaited:
        made, failed = (
            count - earlier
            for count, earlier in zip(now.get(integration, (0, 0)), before.get(integration, (0, 0)), strict=True)
        )
        outcomes.append(Outcome(receiver, integration, made > failed, failed))
    return outcomes


def _alert(severity: str) -> dict[str, Any]:
    # A group of its own each time: in one that it has told already Alertmanager would wait for group_interval.
    service = f"test at {datetime.now(UTC).time().isoformat('milliseconds')}"
    return {
        "labels": {"alertname": NAME, "severity": severity, "service_name": service},
        "annotations": {
            "summary": "This is a test of the notifications",
            "description": "Somebody ran `tachograph alerting test`. Nothing is wrong.",
        },
        "startsAt": _now(),
        "endsAt": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()
