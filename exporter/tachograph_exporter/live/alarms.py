"""What would fire now: the limits are those of the alerting rules, or the user's own; the values the ring's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..rules.check import Check, Severity
from ..rules.inhibition import Silence
from ..rules.settings import Settings
from ..rules.subjects import CHECKS
from .readings.readers import READERS
from .readings.reading import Labels, Moment, Reading
from .row import Plain, significant

_SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_CHECKS = {check.name: check for check in CHECKS}


class Alarms:
    """Knows since when each value is beyond its limit, and so which alerts have held for long enough."""

    def __init__(self, limits: Settings | None = None) -> None:
        self._limits = limits or Settings()
        self._since: dict[tuple[str, Severity, tuple[tuple[str, str], ...]], float] = {}
        self._beyond: list[_Beyond] = []

    @property
    def counts(self) -> tuple[int, int]:
        """How many alerts are looked at here, of how many there are."""
        return len(READERS.keys() - self._limits.disabled), len(_CHECKS.keys() - self._limits.disabled)

    def replace(self, limits: Settings | None) -> None:
        """Hold values against other limits from now on."""
        self._limits = limits or Settings()

    def take(self, known: Moment, now: float) -> None:
        """Look at the values of one moment."""
        found: list[_Beyond] = []
        for name, read in READERS.items():
            if name not in self._limits.disabled:
                found += self._over(_CHECKS[name], read(known))
        self._beyond = found
        self._since = {beyond.key: self._since.get(beyond.key, now) for beyond in found}

    def shown(self, now: float) -> list[Plain]:
        """Return the alerts as JSON has them, those that fire first, without what others keep quiet."""
        lasted = {beyond.key: now - self._since[beyond.key] for beyond in self._beyond}
        silence = Silence([beyond.identity for beyond in self._beyond if lasted[beyond.key] >= beyond.hold])
        worst: dict[tuple[object, ...], Plain] = {}
        for beyond in self._beyond:
            if silence.covers(beyond.identity):
                continue
            alert = beyond.shown(lasted[beyond.key])
            before = worst.get((beyond.check.name, beyond.key[2]))
            if before is None or (before["state"] == "pending" and alert["state"] == "firing"):
                worst[beyond.check.name, beyond.key[2]] = alert
        return sorted(worst.values(), key=_gravity)

    def _over(self, check: Check, readings: Iterator[Reading]) -> "Iterator[_Beyond]":
        everywhere = self._limits.checks.get(check.name, check)
        for labels, value in readings:
            if value is not None:
                own = self._limits.services.get(labels.get("service_name", ""), {})
                yield from _beyond(own.get(check.name, everywhere), labels, value)


@dataclass(frozen=True, slots=True)
class _Beyond:
    check: Check
    severity: Severity
    labels: Labels
    value: float

    @property
    def key(self) -> tuple[str, Severity, tuple[tuple[str, str], ...]]:
        return self.check.name, self.severity, tuple(self.labels.items())

    @property
    def hold(self) -> float:
        """For how many seconds it must last before it fires."""
        limit = self.check.limit(self.severity)
        return seconds(limit.hold) if limit else 0.0

    @property
    def identity(self) -> Labels:
        """The labels that Alertmanager would know it by."""
        return {**self.labels, "alertname": self.check.name, "severity": self.severity}

    def shown(self, lasted: float) -> Plain:
        limit = self.check.limit(self.severity)
        words = {**self.labels, "value": _written(self.check, self.value)}
        words["limit"] = self.check.unit.text(limit.value) if limit else ""
        return {
            "alert": self.check.name,
            "severity": self.severity,
            "state": "firing" if lasted >= self.hold else "pending",
            "since_seconds": round(lasted),
            "for_seconds": self.hold,
            "value": significant(self.value),
            "limit": limit.value if limit else None,
            "summary": _filled(self.check.summary, words),
            "description": _filled(self.check.description, words),
            "runbook": f"/runbooks/{self.check.name}",
        }


def seconds(duration: str) -> float:
    """Return a duration of a rule, such as 1h30m, in seconds."""
    return float(sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)(ms|[smhdwy])", duration)))


def _beyond(check: Check, labels: Labels, value: float) -> "Iterator[_Beyond]":
    for severity in _SEVERITIES:
        limit = check.limit(severity)
        if limit and (value > limit.value if check.comparison == ">" else value < limit.value):
            yield _Beyond(check, severity, labels, value)


def _gravity(alert: Mapping[str, object]) -> tuple[bool, int]:
    return alert["state"] != "firing", [*_SEVERITIES].index(alert["severity"])  # type: ignore[arg-type]  # one of them


def _written(check: Check, value: float) -> str:
    return check.unit.text(float(f"{value:.3g}"))


def _filled(text: str, words: Labels) -> str:
    """Put values in the places of their names; one that is missing is empty."""
    filled = re.sub(r"<(\w+)>", lambda found: words.get(found[1], ""), text)
    return " ".join(filled.split())
