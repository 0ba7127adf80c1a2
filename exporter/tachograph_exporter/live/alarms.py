"""What would fire now by the default thresholds: the limits are those of the alerting rules, the values the ring's."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..rules.check import Check, Severity
from ..rules.subjects import CHECKS
from .host import HostFigures
from .row import Plain, Row, significant
from .slots import WINDOW_SECONDS
from .tables import CACHE, DATABASE, LLM, OPERATIONS, Table
from .timeline import Timeline

Labels = Mapping[str, str]
Reading = tuple[Labels, float | None]

_CALLS_MIN = 5
_REQUESTS_MIN = 50
_SEVERITIES: tuple[Severity, ...] = ("critical", "warning")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MEMORY = re.compile(r"memory[.].+|context[.]retrieve")
_WAITING = re.compile(r"B.+(POP|MOVE)\w*|XREAD|XREADGROUP|WAIT|WAITAOF")
_CHECKS = {check.name: check for check in CHECKS}


class Known(Protocol):
    """What alarms read."""

    host: HostFigures
    timeline: Timeline

    def rows(self, table: Table) -> Iterator[Row]:
        """Yield a table's rows."""


class Alarms:
    """Knows since when each value is beyond its limit, and so which alerts have held for long enough."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, Severity, tuple[tuple[str, str], ...]], float] = {}
        self._beyond: list[_Beyond] = []

    def take(self, known: Known, now: float) -> None:
        """Look at the values of one moment."""
        self._beyond = [beyond for name, read in _READERS for beyond in _beyond(_CHECKS[name], read(known))]
        self._since = {beyond.key: self._since.get(beyond.key, now) for beyond in self._beyond}

    def shown(self, now: float) -> list[Plain]:
        """Return the alerts as JSON has them: those that fire first, the milder severity left out."""
        worst: dict[tuple[object, ...], Plain] = {}
        for beyond in self._beyond:
            lasted = now - self._since[beyond.key]
            alert = beyond.shown(lasted)
            before = worst.get((beyond.check.name, beyond.key[2]))
            if before is None or (before["state"] == "pending" and alert["state"] == "firing"):
                worst[beyond.check.name, beyond.key[2]] = alert
        order = {"firing": 0, "pending": 1}
        return sorted(worst.values(), key=lambda alert: (order[str(alert["state"])], alert["severity"]))


@dataclass(frozen=True, slots=True)
class _Beyond:
    check: Check
    severity: Severity
    labels: Labels
    value: float

    @property
    def key(self) -> tuple[str, Severity, tuple[tuple[str, str], ...]]:
        return self.check.name, self.severity, tuple(self.labels.items())

    def shown(self, lasted: float) -> Plain:
        limit = self.check.limit(self.severity)
        hold = seconds(limit.hold) if limit else 0.0
        words = {**self.labels, "value": _written(self.check, self.value)}
        words["limit"] = self.check.unit.text(limit.value) if limit else ""
        return {
            "alert": self.check.name,
            "severity": self.severity,
            "state": "firing" if lasted >= hold else "pending",
            "since_seconds": round(lasted),
            "for_seconds": hold,
            "value": significant(self.value),
            "limit": limit.value if limit else None,
            "summary": _filled(self.check.summary, words),
            "description": _filled(self.check.description, words),
            "runbook": f"/runbooks/{self.check.name}",
        }


def seconds(duration: str) -> float:
    """Return a duration of a rule, such as 1h30m, in seconds."""
    return float(sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([smhd])", duration)))


def _beyond(check: Check, readings: Iterator[Reading]) -> Iterator[_Beyond]:
    for labels, value in readings:
        for severity in _SEVERITIES:
            limit = check.limit(severity)
            if value is None or limit is None:
                continue
            if value > limit.value if check.comparison == ">" else value < limit.value:
                yield _Beyond(check, severity, labels, value)


def _written(check: Check, value: float) -> str:
    return check.unit.text(float(f"{value:.3g}"))


def _filled(text: str, words: Labels) -> str:
    """Put values in the places of their names; one that is missing is empty."""
    filled = re.sub(r"<(\w+)>", lambda found: words.get(found[1], ""), text)
    return " ".join(filled.split())


def _line(name: str) -> Callable[[Known], Iterator[Reading]]:
    def read(known: Known) -> Iterator[Reading]:
        yield {"instance": "this host"}, known.timeline.average(name, WINDOW_SECONDS)

    return read


def _filesystems(known: Known) -> Iterator[Reading]:
    for one in known.host.filesystems:
        labels = {"instance": "this host", "mountpoint": str(one["mountpoint"]), "device": str(one["device"])}
        yield labels, float(str(one["utilization_ratio"]))


def _disk(known: Known) -> Iterator[Reading]:
    parts = [known.timeline.average(name, WINDOW_SECONDS) for name in ("disk_read", "disk_written")]
    yield {"instance": "this host", "device": "all disks"}, sum(part for part in parts if part is not None)


def _network(known: Known) -> Iterator[Reading]:
    parts = [known.timeline.average(name, WINDOW_SECONDS) for name in ("network_received", "network_sent")]
    yield (
        {"instance": "this host", "device": "the network"},
        max((part for part in parts if part is not None), default=None),
    )


def _rows(
    table: Table, value: Callable[[Row], float | None], chosen: Callable[[Row], bool] = lambda _: True
) -> Callable[[Known], Iterator[Reading]]:
    calls_min = _REQUESTS_MIN if table is CACHE else _CALLS_MIN

    def read(known: Known) -> Iterator[Reading]:
        for row in known.rows(table):
            if row.recent().calls >= calls_min and chosen(row):
                yield dict(zip(table.labels, row.key, strict=True)), value(row)

    return read


def _p95(row: Row) -> float | None:
    return row.quantiles(row.recent())[1]


def _average(row: Row) -> float:
    return row.recent().seconds / row.recent().calls


def _errors(row: Row) -> float:
    return row.recent().errors / row.recent().calls


def _hits(row: Row) -> float:
    return row.recent().extras[0] / row.recent().calls


_READERS: tuple[tuple[str, Callable[[Known], Iterator[Reading]]], ...] = (
    ("HostCpuHigh", _line("cpu")),
    ("HostMemoryHigh", _line("memory")),
    ("HostFilesystemFull", _filesystems),
    ("HostDiskTrafficHigh", _disk),
    ("HostNetworkTrafficHigh", _network),
    ("OperationSlow", _rows(OPERATIONS, _p95)),
    ("OperationMemorySlow", _rows(OPERATIONS, _average, lambda row: _MEMORY.fullmatch(row.key[2]) is not None)),
    ("OperationErrorsHigh", _rows(OPERATIONS, _errors)),
    ("LlmSlow", _rows(LLM, _p95)),
    ("LlmErrorsHigh", _rows(LLM, _errors)),
    ("DatabaseQueriesSlow", _rows(DATABASE, _p95, lambda row: _WAITING.fullmatch(row.key[3]) is None)),
    ("DatabaseErrorsHigh", _rows(DATABASE, _errors)),
    ("CacheHitRateLow", _rows(CACHE, _hits)),
)
