"""The past as Prometheus, Thanos or Mimir tell it over Prometheus' HTTP API."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from ..live.tables import Table
from ..rules.rendering import fill
from ..rules.settings import Settings
from .access import Access
from .client import Client
from .failure import Refused, Unreachable
from .measures import Measure
from .queries import questions
from .rows import Gathered
from .series import Calls, Incident, Reach, Remark, Series
from .window import Window, clock

logger = logging.getLogger(__name__)

STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
POINTS = 300
SPAN_SECONDS = 300
PIECE_SECONDS = 86400.0
_PIECES_MOST = 100
_SMALLEST_PIECE_SECONDS = 900
_COUNTED = ("buckets", "errors", "seconds")
_TOO_MUCH = re.compile(r"too many samples|timed out|exceed|too long|limit", re.IGNORECASE)
_REACH_SECONDS = 400 * 86400.0
_KNOWN = "group(node_load1) or group(tachograph_operation_active) or group(up)"
_STATEMENT = "tachograph_db_statement_fingerprint"
_FINDINGS = (
    "sum by (service_name, deployment_environment_name, db_system_name, db_query_summary,"
    f" {_STATEMENT}, tachograph_db_statement_finding)"
    " (increase(tachograph_db_statement_findings_total{$application}[$span]))"
)
_TEXTS = f"max by ({_STATEMENT}, db_query_text) (last_over_time(tachograph_db_statement_info{{$application}}[$span]))"
_ALERTS = 'ALERTS{alertstate="firing"}'
_HINT = "does the address lack a path prefix, as in http://host/prometheus?"
_REMARK = "PromQL info:"  # Thanos has among the warnings what Prometheus has apart, as infos
_NO_LABEL = {"__name__", "alertname", "alertstate", "severity"}

Progress = Callable[[str, int, int], None]


class PrometheusSource:
    """Asks in pieces of a day at most, and in smaller ones where a server finds those too large."""

    def __init__(self, url: str, access: Access, settings: Settings, progress: Progress) -> None:
        self._client = Client(url, "Prometheus", access, _HINT)
        self._settings = settings
        self._progress = progress
        self._warned: set[str] = set()

    @property
    def place(self) -> str:
        """What it is and where."""
        return self._client.place

    def reach(self) -> Reach:
        """Return when the first thing was measured in the last 400 days, to five minutes."""
        now = time.time()
        first = self._first(Window(now - _REACH_SECONDS, now), 43200)
        found = self._first(Window((first or now) - 43200, first or now), 300) or first
        if found is None:
            return Reach(None, f"{self.place} knows nothing of this host or application")
        return Reach(found, f"{self.place} knows of what was since {clock(found)}")

    def series(self, measure: Measure, window: Window, *, apart: bool = True) -> list[Series]:
        """Return a measure over a window; each value is made of the time since the one before, or of five minutes."""
        step = step_of(window)
        span = max(step, min(SPAN_SECONDS, int(window.seconds)))
        expression = self._filled(spread(measure, apart=apart), span)
        inner = Window(min(window.start + span, window.end), window.end)
        kept = measure.labels if apart or "$by" not in measure.promql else ()
        return self.over(
            expression, inner, step, labels=dict(zip(kept, measure.fields, strict=False)), what=measure.title
        )

    def over(
        self, expression: str, window: Window, step: int, *, labels: Mapping[str, str] | None = None, what: str = ""
    ) -> list[Series]:
        """Return the series that an expression gives; `labels` names those that are kept, and what they are called."""
        points: dict[tuple[tuple[str, str], ...], tuple[list[float], list[float]]] = {}
        pieces = window.pieces(max(PIECE_SECONDS, step * POINTS))
        for done, piece in enumerate(pieces):
            self._progress(what, done, len(pieces))
            for one in self._range(expression, piece, step):
                key = tuple(_renamed(one["metric"], labels).items())
                times, values = points.setdefault(key, ([], []))
                for at, value in _numbers(one["values"]):
                    if not times or at > times[-1]:
                        times.append(at)
                        values.append(value)
        self._progress(what, len(pieces), len(pieces))
        return [Series(dict(key), tuple(times), tuple(values)) for key, (times, values) in points.items() if times]

    def histograms(self, table: Table, window: Window) -> list[Calls]:
        """Return by how much each row's counters grew in a window."""
        gathered = Gathered(table)
        asked = list(questions(table))
        for question in asked:
            for weight, found in self._grown(question.promql, window, f"{table.name}: {question.name}"):
                for one in found:
                    gathered.add(question.name, one["metric"], _number(one["value"]), weight=weight)
        return gathered.calls()

    def slices(self, table: Table, window: Window, seconds: int) -> list[list[Calls]]:
        """Return by how much each row's counters grew in slices of a window."""
        slices: dict[float, Gathered] = {}
        ends = Window(window.start + seconds, window.end)
        for question in questions(table):
            if question.name in _COUNTED:
                expression = self._filled(question.promql, seconds)
                for one in self.over(expression, ends, seconds, what=f"{table.name}: {question.name}"):
                    for at, value in zip(one.times, one.values, strict=True):
                        slices.setdefault(at, Gathered(table)).add(question.name, one.labels, value, weight=1.0)
        return [slices[at].calls() for at in sorted(slices)]

    def remarks(self, window: Window) -> list[Remark]:
        """Return what was found against statements in a window."""
        found: dict[str, tuple[dict[str, str], dict[str, float]]] = {}
        for _, series in self._grown(_FINDINGS, window, "findings"):
            for one in series:
                labels, count = one["metric"], _number(one["value"])
                fingerprint, finding = labels.get(_STATEMENT, ""), labels.get("tachograph_db_statement_finding", "")
                _, counts = found.setdefault(fingerprint, (_statement(labels), {}))
                counts[finding] = counts.get(finding, 0.0) + count
        texts = self._texts(window)
        return [Remark(labels, key, texts.get(key, ""), counts) for key, (labels, counts) in found.items()] + [
            Remark({}, key, text, {}) for key, text in texts.items() if key not in found
        ]

    def incidents(self, window: Window) -> list[Incident]:
        """Return the alerts that fired, of Prometheus' ALERTS series; those closer together than two steps are one.

        Alerts that fired for less than a minute may be missed, in more than eight days those of less than five.
        """
        step = 60 if window.seconds <= 8 * PIECE_SECONDS else 300
        found = [
            incident
            for one in self.over(_ALERTS, window, step, what="alerts")
            for incident in _incidents(one, window, step)
        ]
        return sorted(found, key=lambda incident: (incident.start, incident.alert))

    def _texts(self, window: Window) -> dict[str, str]:
        last = window.pieces(PIECE_SECONDS)[-1]
        found = self._at(self._filled(_TEXTS, int(max(last.seconds, 1))), window.end)
        return {one["metric"].get(_STATEMENT, ""): one["metric"].get("db_query_text", "") for one in found}

    def _first(self, window: Window, step: int) -> float | None:
        found = self._range(_KNOWN, window, step)
        return min((float(one["values"][0][0]) for one in found if one["values"]), default=None)

    def _grown(self, promql: str, window: Window, what: str) -> Iterator[tuple[float, list[Any]]]:
        """Yield the answers about pieces of a window, each with its share of the window."""
        pieces = window.pieces(max(PIECE_SECONDS, window.seconds / _PIECES_MOST))
        for done, piece in enumerate(pieces):
            self._progress(what, done, len(pieces))
            for part, found in self._piece(promql, piece):
                yield part.seconds / window.seconds, found
        self._progress(what, len(pieces), len(pieces))

    def _piece(self, promql: str, piece: Window) -> Iterator[tuple[Window, list[Any]]]:
        try:
            yield piece, self._at(self._filled(promql, max(1, round(piece.seconds))), piece.end)
        except Refused as refused:
            if not _TOO_MUCH.search(str(refused)) or piece.seconds < 2 * _SMALLEST_PIECE_SECONDS:
                raise
            for half in piece.pieces(piece.seconds / 2):
                yield from self._piece(promql, half)

    def _at(self, expression: str, when: float) -> list[Any]:
        return self._result("/api/v1/query", {"query": expression, "time": f"{when:.3f}"}, "vector")

    def _range(self, expression: str, window: Window, step: int) -> list[Any]:
        asked = {"query": expression, "start": f"{window.start:.3f}", "end": f"{window.end:.3f}", "step": str(step)}
        return self._result("/api/v1/query_range", asked, "matrix")

    def _result(self, path: str, parameters: Mapping[str, str], kind: str) -> list[Any]:
        answer = self._client.get(path, parameters)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or data.get("resultType") != kind or not isinstance(data.get("result"), list):
            raise Unreachable(f"{self.place} answered something else at {path}: is it a Prometheus?")
        for warning in {str(one) for one in answer.get("warnings") or ()} - self._warned:
            self._warned.add(warning)
            if not warning.startswith(_REMARK):
                logger.warning("%s warns: %s", self.place, " ".join(warning.split()))
        found: list[Any] = data["result"]
        return found

    def _filled(self, promql: str, span: int) -> str:
        return fill(promql, self._settings).replace(",}", "}").replace("$span", f"{span}s")


def step_of(window: Window) -> int:
    """Return the distance of points that gives at most POINTS of them."""
    return next((step for step in STEPS if window.seconds / step <= POINTS), STEPS[-1])


def spread(measure: Measure, *, apart: bool) -> str:
    """Return a measure's expression with its series apart, or as one."""
    if apart:
        return measure.promql.replace("$by", ", ".join(measure.labels))
    return measure.promql.replace("$by, ", "").replace("$by", "")


def _incidents(series: Series, window: Window, step: int) -> Iterator[Incident]:
    labels = {name: value for name, value in series.labels.items() if name not in _NO_LABEL}
    start = last = series.times[0]
    spans = []
    for at in series.times[1:]:
        if at - last > 2 * step:
            spans.append((start, last))
            start = at
        last = at
    spans.append((start, last))
    for begun, ended in spans:
        end = None if ended + step > window.end else ended + step
        name, severity = series.labels.get("alertname", ""), series.labels.get("severity", "")
        yield Incident(name, severity, labels, begun, end)


def _statement(labels: Mapping[str, str]) -> dict[str, str]:
    names = {
        "service": "service_name",
        "environment": "deployment_environment_name",
        "system": "db_system_name",
        "summary": "db_query_summary",
    }
    return {name: labels.get(label, "") for name, label in names.items()}


def _renamed(found: Mapping[str, str], labels: Mapping[str, str] | None) -> dict[str, str]:
    if labels is None:
        return dict(sorted(found.items()))
    return {name: found.get(label, "") for label, name in labels.items()}


def _numbers(values: Sequence[Any]) -> Iterator[tuple[float, float]]:
    for at, text in values:
        value = float(text)
        if isfinite(value):
            yield float(at), value


def _number(value: Any) -> float:
    found = float(value[1])
    return found if isfinite(found) else 0.0
