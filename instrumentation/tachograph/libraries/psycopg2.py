"""psycopg2: its types cannot be patched, so `connect` makes connections and cursors of measured subclasses."""

from typing import Any

import psycopg2
import psycopg2.extensions as driver

from ..databases import plans
from ..databases.database import Database, database
from ..databases.dbapi import MeasuredConnection, MeasuredCursor, between
from ..databases.drivers import measured
from ..databases.explaining import ExplainingCursor
from ..databases.rows import affected, failed, returned
from ..model import Library, Outcome
from ..patches import Patches
from ..sql.plan import Plan, postgresql_plan
from ..wrap import Function, Switch


class Cursor(MeasuredCursor, driver.cursor):  # type: ignore[misc] # psycopg2 has no types
    """A measured cursor; one with a name is the server's, and its rows are fetched from there."""

    _copies_out = False

    def copy_expert(self, *args: Any, **kwargs: Any) -> Any:
        """Run a COPY statement."""
        statement = args[0] if args else kwargs.get("sql")
        self._copies_out = "TO STDOUT" in (self._text(statement) or "").upper()
        return self._run(super().copy_expert, args, kwargs, statement)

    def copy_from(self, *args: Any, **kwargs: Any) -> Any:
        """Copy from a file into a table."""
        table = args[1] if len(args) > 1 else kwargs.get("table")
        return self._run(super().copy_from, args, kwargs, f'COPY "{table}" FROM STDIN')

    def copy_to(self, *args: Any, **kwargs: Any) -> Any:
        """Copy from a table into a file."""
        table = args[1] if len(args) > 1 else kwargs.get("table")
        self._copies_out = True
        return self._run(super().copy_to, args, kwargs, f'COPY "{table}" TO STDOUT')

    def callproc(self, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the database's."""
        return self._run(super().callproc, args, kwargs, f"CALL {args[0] if args else kwargs.get('procname')}()")

    def _database(self) -> Database:
        connection: Any = self.connection
        found: Database = connection.measured_database()
        return found

    def _text(self, statement: Any) -> str | None:
        if isinstance(statement, bytes):
            return statement.decode("utf-8", "replace")
        if hasattr(statement, "as_string"):
            text: str = statement.as_string(self)
            return text
        return super()._text(statement)

    def _outcome(self) -> Outcome | None:
        if self.name is not None:
            return None
        copied_out, self._copies_out = self._copies_out, False
        return returned(self.rowcount) if self.description is not None or copied_out else affected(self.rowcount)

    def _failure(self, error: BaseException) -> Outcome:
        return failed(getattr(error, "pgcode", None))


class ExplainedCursor(ExplainingCursor, Cursor):
    """A measured cursor whose slow statements are explained."""

    def _plan(self, _text: str, _parameters: Any) -> Plan | None:
        connection: Any = self.connection
        frame = _frame(connection)
        if frame is None or self.name is not None or self.query is None:
            return None
        cursor = driver.connection.cursor(connection, cursor_factory=driver.cursor)
        try:
            # The statement as it went to the server, with its values; what comes back and holds them stays here.
            cursor.execute(f"{frame.opening}; {plans.EXPLAIN}".encode() + self.query)
            return postgresql_plan(cursor.fetchone()[0])
        finally:
            cursor.execute(frame.closing)
            cursor.close()


def _frame(connection: Any) -> plans.Frame | None:
    status = connection.get_transaction_status()
    if connection.async_ or status not in (driver.TRANSACTION_STATUS_IDLE, driver.TRANSACTION_STATUS_INTRANS):
        return None
    if status == driver.TRANSACTION_STATUS_INTRANS:
        return plans.WITHIN
    return plans.ALONE if connection.autocommit else None


class Connection(MeasuredConnection, driver.connection):  # type: ignore[misc] # psycopg2 has no types
    """A measured connection."""

    switch: Switch
    _measured_database: Database | None = None

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Make a measured cursor."""
        factory = (args[1] if len(args) > 1 else kwargs.get("cursor_factory")) or self.cursor_factory or driver.cursor
        if self.switch.on and isinstance(factory, type):
            measured_cursor = ExplainedCursor if plans.wanted_at_all() else Cursor
            factory = between(factory, measured_cursor, driver.cursor, self.switch)
            if len(args) > 1:
                args = (args[0], factory, *args[2:])
            else:
                kwargs = {**kwargs, "cursor_factory": factory}
        return super().cursor(*args, **kwargs)

    def measured_database(self) -> Database:
        """Return the database that this is a connection to."""
        if self._measured_database is None:
            info = self.info
            self._measured_database = database("postgresql", info.dbname, info.host, info.port)
        return self._measured_database

    def reset(self) -> None:
        """Go back to how it was made; what is open is rolled back."""
        self._ending(super().reset, "rollback")

    def tpc_commit(self, *args: Any) -> None:
        """Commit in the second phase."""
        self._ending(super().tpc_commit, "commit", *args)

    def tpc_rollback(self, *args: Any) -> None:
        """Roll back in the second phase."""
        self._ending(super().tpc_rollback, "rollback", *args)

    def is_in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return bool(self.status == driver.STATUS_BEGIN)


def _connect(function: Function, switch: Switch) -> Function:
    def connect(dsn: Any = None, connection_factory: Any = None, *args: Any, **kwargs: Any) -> Any:
        factory = connection_factory or driver.connection
        if switch.on and isinstance(factory, type) and driver.connection in factory.__mro__:
            connection_factory = between(factory, Connection, driver.connection, switch)
        return function(dsn, connection_factory, *args, **kwargs)

    return connect


def _install(patches: Patches) -> None:
    measured("psycopg2", patches.wrap(psycopg2, "connect", _connect))


LIBRARY = Library("psycopg2", install=_install)
