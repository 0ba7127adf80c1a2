"""Cursors of DB-API drivers whose types are written in C: measured subclasses stand between them and the user's own.

A class of the user's that derives from the driver's is given ours as a base behind its own, so that what it overrides
stays in force and what it hands up is measured.
"""

from collections.abc import Iterator, Sized
from functools import cache
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from .. import call as calls
from .. import names
from ..model import Call, Outcome
from ..telemetry.hub import HUB
from ..wrap import Switch
from . import transactions
from .database import Database
from .steps import Steps
from .transactions import Control

if TYPE_CHECKING:
    import sqlite3

    _Cursor = sqlite3.Cursor
    _Connection = sqlite3.Connection
else:
    _Cursor = _Connection = object


_NO_ROW = object()


class MeasuredCursor(_Cursor):
    """A cursor whose statements are one call each, from `execute` to the last row or the cursor's end.

    A driver's class says where its connection leads, what an error's status is, and what a cursor that has run a
    statement returned or changed: None where its rows are still to be fetched.
    """

    switch: Switch
    _steps: Steps | None = None

    def _database(self) -> Database:
        raise NotImplementedError

    def _outcome(self) -> Outcome | None:
        raise NotImplementedError

    def _failure(self, error: BaseException) -> Outcome:
        raise NotImplementedError

    def _text(self, statement: Any) -> str | None:
        return statement if isinstance(statement, str) else None

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement."""
        run = self._begun(args[0] if args else statement_of(args, kwargs), 1, args, kwargs)
        if run is None:
            return super().execute(*args, **kwargs)
        try:
            result = super().execute(*args, **kwargs)
        except BaseException as error:
            run.fail(error, self._failure(error))
            raise
        self._ran(run)
        return result

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement for several sets of parameters."""
        run = self._begun(statement_of(args, kwargs), _size(args, kwargs))
        if run is None:
            return super().executemany(*args, **kwargs)
        try:
            result = super().executemany(*args, **kwargs)
        except BaseException as error:
            run.fail(error, self._failure(error))
            raise
        self._ran(run)
        return result

    def fetchone(self) -> Any:
        """Fetch a row."""
        steps = self._steps
        if steps is None:
            return super().fetchone()
        started_ns = perf_counter_ns()
        try:
            row = super().fetchone()
        except BaseException as error:
            self._fail(steps, error)
            raise
        steps.busy_ns += perf_counter_ns() - started_ns
        if row is None:
            self._end()
        else:
            steps.rows += 1
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Fetch several rows."""
        steps = self._steps
        if steps is None:
            return super().fetchmany(*args, **kwargs)
        steps.resume()
        try:
            rows = super().fetchmany(*args, **kwargs)
        except BaseException as error:
            self._fail(steps, error)
            raise
        steps.pause(len(rows))
        if not rows:
            self._end()
        return rows

    def fetchall(self) -> list[Any]:
        """Fetch the rest."""
        steps = self._steps
        if steps is None:
            return super().fetchall()
        steps.resume()
        try:
            rows = super().fetchall()
        except BaseException as error:
            self._fail(steps, error)
            raise
        steps.rows += len(rows)
        self._end()
        return rows

    def __iter__(self) -> Any:
        steps = self._steps
        if steps is not None:
            return self._rows(steps)
        rows = super().__iter__()
        # The driver's own step, for rows that are here already: ours would cost each of them a call.
        return iter(super().__next__, _NO_ROW) if rows is self else rows

    def __next__(self) -> Any:
        steps = self._steps
        return super().__next__() if steps is None else next(self._rows(steps))

    def _rows(self, steps: Steps) -> Iterator[Any]:
        step, now = super().__next__, perf_counter_ns
        while True:
            started_ns = now()
            try:
                row = step()
            except StopIteration:
                self._end()
                return
            except BaseException as error:
                self._fail(steps, error)
                raise
            steps.busy_ns += now() - started_ns
            steps.rows += 1
            yield row

    def close(self) -> None:
        """Close the cursor."""
        self._end()
        super().close()

    def __del__(self) -> None:
        self._end()

    def _run(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], statement: Any) -> Any:
        """Call what runs a statement in another way."""
        run = self._begun(statement)
        if run is None:
            return function(*args, **kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            run.fail(error, self._failure(error))
            raise
        self._ran(run)
        return result

    # What `harmless` does stands in these two in place: they run with each statement.

    def _begun(
        self, statement: Any, size: int | None = 1, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> "Steps | Control | None":
        try:
            if self._steps is not None:
                self._end()
            text = statement if type(statement) is str else self._text(statement)
            if text is None or not self.switch.on:
                return None
            database = self._database()
            shape = database.shape(text)
            kind = shape.statement.transaction
            if kind is not None:
                return Control(self.connection, database, kind)
            if shape.search is not None:
                shape = shape.search.shape(args[1] if len(args) > 1 else kwargs and kwargs.get("vars"))
            call = calls.begin(shape if size == 1 else database.batch(text), self.switch.spans)
            if call is None:
                return None
            if size is not None and size != 1:
                calls.annotate(call, {names.DB_OPERATION_BATCH_SIZE: size})
            return Steps(call)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("the beginning of a statement")
            return None

    def _ran(self, run: "Steps | Control") -> None:
        try:
            if isinstance(run, Control):
                run.ran(getattr(self, "statusmessage", None))
                self.connection.in_measured_transaction = self.connection.is_in_transaction()  # type: ignore[attr-defined] # ours make only ours
                return
            call, outcome = run.call, self._outcome()
            if outcome is None:
                run.pause()
                self._steps = run
            else:
                run.end(outcome)
            transaction_seen(self.connection, self._database, call)
        except Exception:  # noqa: BLE001
            HUB.failed("the end of a statement")

    def _end(self) -> None:
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.end()

    def _fail(self, steps: Steps, error: BaseException) -> None:
        self._steps = None
        steps.fail(error, self._failure(error))


class MeasuredConnection(_Connection):
    """A connection that makes measured cursors and tells when its transactions end."""

    in_measured_transaction = False

    def is_in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        raise NotImplementedError

    def commit(self) -> None:
        """Commit."""
        self._ending(super().commit, "commit")

    def rollback(self) -> None:
        """Roll back."""
        self._ending(super().rollback, "rollback")

    def close(self) -> None:
        """Close; what is open is rolled back."""
        self._ending(super().close, "rollback")

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        return self._ending(super().__exit__, "commit" if kind is None else "rollback", kind, error, traceback)

    def _ending(self, function: Any, ending: transactions.Ending, *arguments: Any) -> Any:
        try:
            result = function(*arguments)
        except BaseException:
            self._ended("failed" if ending == "commit" else "rollback")
            raise
        self._ended(ending)
        return result

    def _ended(self, ending: transactions.Ending) -> None:
        if self.in_measured_transaction:
            self.in_measured_transaction = False
            transactions.end(self, ending)


def transaction_seen(connection: Any, database: Any, call: Call | None) -> None:
    """Take note of a transaction that the driver began on its own, with a statement's call, or ended with it."""
    is_open = connection.is_in_transaction()
    if is_open == connection.in_measured_transaction:
        return
    connection.in_measured_transaction = is_open
    if is_open:
        transactions.begin(connection, database(), call)
    else:
        transactions.end(connection, "commit")


@cache
def between(factory: Any, measured: Any, driver: Any, switch: Switch) -> Any:
    """Return a class like the factory, with the measured one between it and the driver's."""
    bases = (measured,) if factory is driver else (factory, measured)
    return type(factory.__name__, bases, {"__module__": factory.__module__, "switch": switch})


def statement_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the statement among a method's arguments."""
    return args[0] if args else next(iter(kwargs.values()), None)


def _size(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    sets = args[1] if len(args) > 1 else next(iter(tuple(kwargs.values())[1 - len(args) :]), None)
    return len(sets) if isinstance(sets, Sized) else None
