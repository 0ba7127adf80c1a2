"""What is kept of statements beyond their calls: the slow ones, and what can be said against any of them.

All of it is metrics, by a bounded number of fingerprints: past it, statements are counted together as "_other".
"""

from collections.abc import Callable
from typing import Any

from .. import call as calls
from .. import names
from ..model import Call, Labels, Outcome, Shape
from ..settings import DatabaseSettings
from ..sql.statement import Statement
from ..telemetry.hub import HUB
from . import metrics, plans
from .searches import recorder
from .slowest import Place, Slowest

REPEATED = "n_plus_one"
LONG_TRANSACTION = "long_transaction"
_FINGERPRINTS_LIMIT = 100
_OTHER = "_other"
# The exporter's store keeps 256 characters of a label.
_TEXT_LABEL_LENGTH = 250
_DEFAULTS = DatabaseSettings()


class _Fingerprints:
    """Those that have series of their own, as long as these series go on."""

    def __init__(self) -> None:
        self._started_ns = 0
        self._labels: set[Labels] = set()

    def take(self, labels: Labels) -> bool:
        """Tell whether these labels are among them, or may be from now on."""
        if self._started_ns != HUB.registry.started_ns:
            # All series began anew: in a forked child, or after a shutdown.
            self._started_ns, self._labels = HUB.registry.started_ns, set()
        if labels not in self._labels and len(self._labels) < _FINGERPRINTS_LIMIT:
            self._labels.add(labels)
        return labels in self._labels


# Of each their own: a hundred statements that somebody could write better must not keep a slow one from being told of.
_slowest, _found = Slowest(), _Fingerprints()


def settings() -> DatabaseSettings:
    """Return the settings as they are now."""
    return HUB.settings.database if HUB.settings is not None else _DEFAULTS


class Account:
    """What one statement at one database has been found to be."""

    __slots__ = ("_counts", "_info", "_labels", "_place", "_record", "_returned", "_rows", "_statement")

    def __init__(self, statement: Statement, where: Labels) -> None:
        self._statement = statement
        self._labels = (
            *where,
            (names.DB_QUERY_SUMMARY, statement.summary),
            (names.DB_STATEMENT_FINGERPRINT, statement.fingerprint),
        )
        self._place: Place | None = None
        # Cells, or their methods, once they are needed.
        self._counts: Any = None
        self._info: Any = None
        self._record: Any = None
        self._returned: Any = None
        self._rows: Any = None

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Take note of a call that has ended."""
        if self._counts is None:
            self._find()
        for count in self._counts:
            count(1)
        rows = outcome.attributes.get(names.DB_RESPONSE_RETURNED_ROWS)
        if rows is not None:
            if self._returned is None:
                self._returned = _recorder(call.shape)
            self._returned(rows, call)
        limits = HUB.settings.database if HUB.settings is not None else _DEFAULTS
        if call.duration_ns >= limits.slow_seconds * 1e9:
            self._slow(call, explain=limits.explain)
        if self._info is not None:
            self._told(call, outcome)
        if call.outer is not None:
            self._repeated(call.outer, limits.repeats)

    def explain(self, call: Call) -> None:
        """Ask for the plan of a call that is slow; the driver's module looks whether it can have it."""
        if _slowest.place(self._labels, 0.0).followed:
            self._show()
            plans.note(self._statement, self._labels, call.outer)

    def _told(self, call: Call, outcome: Outcome) -> None:
        self._info.last = 1
        if self._place is None or not self._place.followed:
            return
        if self._record is None:
            self._record = HUB.registry.histogram(metrics.STATEMENT_DURATION, self._labels).record
            self._rows = HUB.registry.sum(metrics.STATEMENT_ROWS, self._labels).add
        self._record(call.duration_ns / 1e9, call)
        self._rows(_rows(outcome))

    def _find(self) -> None:
        findings = self._statement.findings
        labels = self._published() if findings else ()
        self._counts = tuple(
            HUB.registry.sum(metrics.STATEMENT_FINDINGS, (*labels, (names.DB_STATEMENT_FINDING, finding))).add
            for finding in findings
        )

    def _slow(self, call: Call, *, explain: bool) -> None:
        self._place = place = _slowest.place(self._labels, call.duration_ns / 1e9)
        if explain:
            self.explain(call)
        if not place.followed:
            HUB.registry.sum(metrics.STATEMENT_SLOW, self._other()).add(1)
            return
        self._show()
        HUB.registry.sum(metrics.STATEMENT_SLOW, self._labels).add(1)

    def _repeated(self, outer: Call, limit: int) -> None:
        """Count what runs again and again under one operation: the operation's first run past the limit, once."""
        repeats = outer.repeats
        if repeats is None:
            repeats = outer.repeats = {}
        fingerprint = self._statement.fingerprint
        times = repeats[fingerprint] = repeats.get(fingerprint, 0) + 1
        if times == limit + 1:
            operation = str(outer.shape.attributes.get(names.OPERATION_NAME, outer.shape.name))
            labels = (
                *self._published(),
                (names.DB_STATEMENT_FINDING, REPEATED),
                (names.OPERATION_NAME, operation),
            )
            HUB.registry.sum(metrics.STATEMENT_FINDINGS, labels).add(1)
            calls.event(outer, names.DB_STATEMENT_REPEATED, dict(self._labels[-2:]))

    def _published(self) -> Labels:
        """Return the labels to count what was found by."""
        if not _found.take(self._labels):
            return self._other()
        self._show()
        return self._labels

    def _other(self) -> Labels:
        return (*self._labels[:-2], (names.DB_QUERY_SUMMARY, _OTHER), (names.DB_STATEMENT_FINGERPRINT, _OTHER))

    def _show(self) -> None:
        """See to it that the text behind the fingerprint can be looked up."""
        if self._info is None:
            text = " ".join(self._statement.text.split())[:_TEXT_LABEL_LENGTH]
            self._info = HUB.registry.gauge(metrics.STATEMENT_INFO, (*self._labels, (names.DB_QUERY_TEXT, text)))
        self._info.last = 1


def _recorder(shape: Shape) -> Callable[[float, Call], None]:
    record = HUB.registry.histogram(metrics.RETURNED_ROWS, shape.labels).record
    return recorder(shape, record) if names.DB_VECTOR_DISTANCE in shape.attributes else record


def long_transaction(where: Labels, operation: str | None) -> None:
    """Count a transaction that was open for too long."""
    labels = (*where, (names.DB_STATEMENT_FINDING, LONG_TRANSACTION))
    if operation is not None:
        labels = (*labels, (names.OPERATION_NAME, operation))
    HUB.registry.sum(metrics.STATEMENT_FINDINGS, labels).add(1)


def _rows(outcome: Outcome) -> float:
    told = outcome.attributes
    rows = told.get(names.DB_RESPONSE_RETURNED_ROWS, told.get(names.DB_RESPONSE_AFFECTED_ROWS, 0))
    return rows if isinstance(rows, int) else 0
