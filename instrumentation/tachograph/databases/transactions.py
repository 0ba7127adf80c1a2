"""Transactions: how long each was open, how it ended, and, where asked for, one span each."""

from collections.abc import Iterator
from time import perf_counter_ns, time_ns
from typing import Any, Literal
from weakref import WeakKeyDictionary

import opentelemetry.context as otel

from .. import call as calls
from .. import names
from ..harmless import harmless
from ..model import NO_OUTCOME, Call, Labels, Observation, Outcome, Shape
from ..telemetry.hub import HUB
from .database import DATABASE, Database
from .metrics import STATEMENT_FINDINGS, TRANSACTION_DURATION
from .statements import long_transaction, settings

Ending = Literal["commit", "rollback", "failed"]
_open: "WeakKeyDictionary[Any, _Open]" = WeakKeyDictionary()
_looking: list[bool] = []


class _Open:
    """A transaction that is open."""

    __slots__ = ("call", "database", "is_told", "operation")

    def __init__(self, database: Database, first: Call | None) -> None:
        self.database = database
        self.is_told = False
        operation = calls.current("operation")
        self.operation = None if operation is None else str(operation.shape.attributes.get(names.OPERATION_NAME, ""))
        attributes = {**database.attributes, names.DB_OPERATION_NAME: "TRANSACTION"}
        started = (time_ns(), perf_counter_ns()) if first is None else (first.wall_ns, first.started_ns)
        self.call = Call(Shape(DATABASE, "TRANSACTION", attributes), None, *started)
        if settings().transaction_spans:
            HUB.tracing.open(self.call, otel.get_current())

    def end(self, ending: Ending) -> None:
        """Record how long it was open."""
        call = self.call
        call.duration_ns = perf_counter_ns() - call.started_ns
        call.ended = True
        labels: Labels = (*self.database.attributes.items(), (names.DB_TRANSACTION_OUTCOME, ending))
        HUB.registry.histogram(TRANSACTION_DURATION, labels).record(call.duration_ns / 1e9, call)
        self.look(call.duration_ns)
        if call.span_id:
            call.attributes = {names.DB_TRANSACTION_OUTCOME: ending}
            call.error_type = "_OTHER" if ending == "failed" else None
            HUB.tracing.close(call)

    def look(self, open_ns: int) -> None:
        """Tell, once, of one that is or was open for too long."""
        if self.is_told or open_ns < settings().transaction_seconds * 1e9:
            return
        self.is_told = True
        told = self.database.attributes
        keys = (names.DB_SYSTEM_NAME, names.DB_NAMESPACE)
        long_transaction(tuple((key, told[key]) for key in keys if key in told), self.operation)


@harmless
def begin(connection: Any, database: Database, first: Call | None = None) -> None:
    """Take note of a transaction's beginning, before its first statement's call where that began it.

    Of one that is open already the first beginning counts.
    """
    if connection not in _open:
        if not _looking:
            _looking.append(True)
            HUB.registry.observe(STATEMENT_FINDINGS, _look)
        _open[connection] = _Open(database, first)


@harmless
def end(connection: Any, ending: Ending) -> None:
    """Take note of its end."""
    transaction = _open.pop(connection, None)
    if transaction is not None:
        transaction.end(ending)


def _look() -> Iterator[Observation]:
    """Look at those that are open whenever metrics are collected: one that nobody ends would never be told of."""
    now_ns = perf_counter_ns()
    for transaction in list(_open.values()):
        transaction.look(now_ns - transaction.call.started_ns)
    yield from ()


@harmless
def control(connection: Any, database: Database, kind: str, *, failed: bool = False) -> None:
    """Take note of a statement that controls a transaction and has run, or has failed."""
    if kind == "begin" and not failed:
        begin(connection, database)
    elif kind == "commit":
        end(connection, "failed" if failed else "commit")
    elif kind == "rollback":
        end(connection, "rollback")


class Control:
    """A statement that controls a transaction (Statement.transaction) and is under way: no call of its own."""

    __slots__ = ("_connection", "_database", "_kind")

    def __init__(self, connection: Any, database: Database, kind: str) -> None:
        self._connection = connection
        self._database = database
        self._kind = kind

    def ran(self, status: str | None = None) -> None:
        """Take note that it ran; a COMMIT after a statement that failed is a ROLLBACK, and its status says so."""
        undone = self._kind == "commit" and status == "ROLLBACK"
        control(self._connection, self._database, "rollback" if undone else self._kind)

    def fail(self, _error: BaseException, _outcome: Outcome = NO_OUTCOME) -> None:
        """Take note that it failed."""
        control(self._connection, self._database, self._kind, failed=True)
