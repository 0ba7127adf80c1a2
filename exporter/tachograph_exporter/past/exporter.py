"""The past as the exporter itself remembers it: the last quarter of an hour, or since it was started."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from ..live.slots import MINUTES
from ..live.tables import Table
from .access import Access
from .client import Client
from .failure import Unreachable
from .measures import Filesystems, Indicator, Lines, Measure, Rows, Unknown
from .series import Calls, Incident, Reach, Remark, Series
from .window import Window, told

RING_SECONDS = MINUTES * 60
_HINT = "is it an exporter of Tachograph's? --prometheus takes the address of a Prometheus"


class ExporterSource:
    """Reads each document once: what it says of the past does not change while it is read."""

    def __init__(self, url: str, access: Access) -> None:
        self._client = Client(url, "the exporter", access, _HINT)
        self._documents: dict[str, Any] = {}

    @property
    def place(self) -> str:
        """What it is and where."""
        return self._client.place

    def reach(self) -> Reach:
        """Return since when it remembers."""
        minutes = self._document("minutes")
        now, began = float(minutes["time"]), float(minutes["began"])
        oldest = max(began, now - RING_SECONDS)
        why = f"it remembers {told(RING_SECONDS)}" if oldest > began else "it was started then"
        cure = "--prometheus URL reads what was before"
        return Reach(oldest, f"{self.place} knows of the last {told(now - oldest)} ({why}); {cure}")

    def series(self, measure: Measure, window: Window, *, apart: bool = True) -> list[Series]:
        """Return a measure over a window: the host's every five seconds, the rows' every minute."""
        if isinstance(measure.ring, Lines):
            return _kept([self._line(measure.ring.names)], window)
        if isinstance(measure.ring, Filesystems):
            return _kept(self._filesystems(), window)
        if isinstance(measure.ring, Unknown):
            return []
        if isinstance(measure.ring, Indicator):
            return _kept(self._indicator(measure.ring.name), window)
        return self._rows(measure.ring, window, apart=apart)

    def histograms(self, table: Table, window: Window) -> list[Calls]:
        """Return what each row counted in the minutes of a window."""
        made = [_calls(table, row, _within(row["minutes"], window)) for row in self._table(table)]
        return sorted((one for one in made if one.calls > 0), key=lambda one: (-one.seconds, -one.calls))

    def slices(self, table: Table, window: Window, seconds: int) -> list[list[Calls]]:
        """Return what each row counted in groups of minutes of a window."""
        slices: dict[int, list[Calls]] = {}
        for row in self._table(table):
            groups: dict[int, list[Any]] = {}
            for minute in _within(row["minutes"], window):
                groups.setdefault(int((minute["end"] - window.start) // seconds), []).append(minute)
            for number, minutes in groups.items():
                slices.setdefault(number, []).append(_calls(table, row, minutes))
        return [[one for one in slices[number] if one.calls > 0] for number in sorted(slices)]

    def remarks(self, window: Window) -> list[Remark]:  # noqa: ARG002 - the exporter counts findings since its start
        """Return what was found against statements since the exporter was started."""
        return [_remark(row) for row in self._document("statements")["statements"]]

    def incidents(self, window: Window) -> list[Incident]:
        """Return what would fire now by the default thresholds; of what was before, the exporter knows nothing."""
        summary = self._document("summary")
        now = float(summary["time"])
        found = [_incident(alert, now) for alert in summary["alerts"] if alert["state"] == "firing"]
        return [incident for incident in found if incident.start < window.end]

    def _line(self, names: Sequence[str]) -> Series:
        host, now = self._document("history")["host"], float(self._document("minutes")["time"])
        lines = [host[name] for name in names]
        step = int(host["interval_seconds"])
        first = now - step * len(lines[0])
        points = [(first + step * (place + 1), values) for place, values in enumerate(zip(*lines, strict=True))]
        known = [(at, sum(values)) for at, values in points if None not in values]
        return Series(self._here(), tuple(at for at, _ in known), tuple(value for _, value in known))

    def _filesystems(self) -> list[Series]:
        summary = self._document("summary")
        now = (float(summary["time"]),)
        return [
            Series({**self._here(), "mountpoint": str(one["mountpoint"])}, now, (float(one["utilization_ratio"]),))
            for one in summary["resources"]["filesystems"]
        ]

    def _indicator(self, name: str) -> list[Series]:
        summary = self._document("summary")
        values = [one["value"] for one in summary["indicators"] if one["name"] == name]
        return [Series(self._here(), (float(summary["time"]),), (value,)) for value in values if value is not None]

    def _rows(self, ring: Rows, window: Window, *, apart: bool) -> list[Series]:
        points: dict[tuple[tuple[str, str], ...], dict[float, list[Calls]]] = {}
        for row in self._table(ring.table):
            labels = {field: str(row[field]) for field in ring.table.fields} if apart else {}
            ends = points.setdefault(tuple(labels.items()), {})
            for minute in _within(row["minutes"], window):
                ends.setdefault(float(minute["end"]), []).append(_calls(ring.table, row, [minute]))
        return [series for key, ends in points.items() if (series := self._figures(ring, dict(key), ends)).times]

    def _figures(self, ring: Rows, labels: dict[str, str], ends: Mapping[float, list[Calls]]) -> Series:
        now = float(self._document("minutes")["time"])
        seconds = float(self._document("minutes")["interval_seconds"])
        known = []
        for end, rows in sorted(ends.items()):
            lasted = seconds - max(0.0, end - now)
            value = ring.figure(added(rows), max(lasted, 1.0))
            if value is not None:
                known.append((min(end, now), value))
        return Series(labels, tuple(at for at, _ in known), tuple(value for _, value in known))

    def _table(self, table: Table) -> list[Any]:
        rows: list[Any] = self._document("minutes")["tables"][table.name]
        return rows

    def _here(self) -> dict[str, str]:
        return {"instance": urlsplit(self._client.url).netloc}

    def _document(self, name: str) -> Any:
        if name not in self._documents:
            found = self._client.get(f"/api/v1/{name}")
            if not isinstance(found, dict) or "status" in found:
                raise Unreachable(f"{self.place} is no exporter of Tachograph's: if it is a Prometheus, --prometheus")
            self._documents[name] = found
        return self._documents[name]


def added(rows: Sequence[Calls]) -> Calls:
    """Return rows as one; buckets add up where they are the same, else those with most calls count."""
    by_bounds: dict[tuple[float, ...], list[float]] = {}
    for row in rows:
        sums = by_bounds.setdefault(row.bounds, [0.0] * len(row.counts))
        by_bounds[row.bounds] = [one + other for one, other in zip(sums, row.counts, strict=True)]
    bounds = max(by_bounds, key=lambda one: sum(by_bounds[one]), default=())
    extras: dict[str, float] = {}
    for row in rows:
        for name, value in row.extras.items():
            extras[name] = extras.get(name, 0.0) + value
    return Calls(
        {},
        bounds,
        tuple(by_bounds.get(bounds, ())),
        sum(row.calls for row in rows),
        sum(row.errors for row in rows),
        sum(row.seconds for row in rows),
        extras,
    )


def _within(minutes: Sequence[Any], window: Window) -> list[Any]:
    """Return the minutes that ended in a window; the one under way belongs to now."""
    return [minute for minute in minutes if window.start < minute["end"] <= window.end + 60]


def _calls(table: Table, row: Mapping[str, Any], minutes: Sequence[Mapping[str, Any]]) -> Calls:
    counts = [0.0] * (len(row["bounds"]) + 1) if table.duration else []
    extras = {measure.name: _extra(minutes, measure.name, counts=measure.counts) for measure in table.measures}
    for minute in minutes:
        for place, count in enumerate(minute.get("counts", ())):
            counts[place] += count
    return Calls(
        labels={field: str(row[field]) for field in table.fields},
        bounds=tuple(row["bounds"]),
        counts=tuple(counts),
        calls=float(sum(minute["calls"] for minute in minutes)),
        errors=float(sum(minute.get("errors", 0) for minute in minutes)),
        seconds=sum(minute.get("seconds") or 0.0 for minute in minutes),
        extras=extras,
    )


def _extra(minutes: Sequence[Mapping[str, Any]], name: str, *, counts: bool) -> float:
    values = [float(minute.get(name) or 0.0) for minute in minutes]
    if counts:
        return sum(values)
    return sum(values) / len(values) if values else 0.0


def _remark(row: Mapping[str, Any]) -> Remark:
    labels = {name: str(row.get(name, "")) for name in ("service", "environment", "system", "summary")}
    findings = {str(one["finding"]): float(one["count"]) for one in row["findings"]}
    return Remark(labels, str(row["fingerprint"]), str(row.get("text", "")), findings)


def _incident(alert: Mapping[str, Any], now: float) -> Incident:
    labels = {"summary": str(alert["summary"])}
    firing = float(alert["since_seconds"]) - float(alert["for_seconds"])
    return Incident(str(alert["alert"]), str(alert["severity"]), labels, now - firing, None)


def _kept(found: Sequence[Series], window: Window) -> list[Series]:
    return [series for one in found if (series := _cut(one, window)).times]


def _cut(series: Series, window: Window) -> Series:
    points = list(_points(series, window))
    return Series(series.labels, tuple(at for at, _ in points), tuple(value for _, value in points))


def _points(series: Series, window: Window) -> Iterator[tuple[float, float]]:
    for at, value in zip(series.times, series.values, strict=True):
        if window.start <= at <= window.end + 1 and isfinite(value):
            yield at, value
