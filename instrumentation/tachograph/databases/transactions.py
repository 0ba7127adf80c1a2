"""Transactions: how long each was open, how it ended, and, where asked for, one span each."""

from time import perf_counter_ns, time_ns
from typing import Any, Literal
from weakref import WeakKeyDictionary

import opentelemetry.context as otel

from .. import call as calls
from .. import names
from ..harmless import harmless
from ..model import NO_OUTCOME, Call, Labels, Outcome, Shape
from ..telemetry.hub import HUB
from .database import DATABASE, Database
from .metrics import TRANSACTION_DURATION
from .statements import long_transaction, settings

Ending = Literal["commit", "rollback", "failed"]
_open: "WeakKeyDictionary[Any, _Open]" = WeakKeyDictionary()


class _Open:
    """A transaction that is open."""

    __slots__ = ("call", "database", "operation")

    def __init__(self, database: Database, first: Call | None) -> None:
        self.database = database
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
        if call.duration_ns >= settings().transaction_seconds * 1e9:
            where = (names.DB_SYSTEM_NAME, names.DB_NAMESPACE)
            long_transaction(tuple(label for label in labels if label[0] in where), self.operation)
        if call.span_id:
            call.attributes = {names.DB_TRANSACTION_OUTCOME: ending}
            call.error_type = "_OTHER" if ending == "failed" else None
            HUB.tracing.close(call)


def is_open(connection: Any) -> bool:
    """Tell whether a transaction of the connection is open, as far as was seen."""
    return connection in _open


@harmless
def begin(connection: Any, database: Database, first: Call | None = None) -> None:
    """Take note of a transaction's beginning, before its first statement's call where that began it.

    Of one that is open already the first beginning counts.
    """
    if connection not in _open:
        _open[connection] = _Open(database, first)


@harmless
def end(connection: Any, ending: Ending) -> None:
    """Take note of its end."""
    transaction = _open.pop(connection, None)
    if transaction is not None:
        transaction.end(ending)


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
