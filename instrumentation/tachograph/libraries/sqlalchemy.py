"""SQLAlchemy 2, sync and async: its pools, and the calls of drivers that are not measured themselves."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from .. import call as calls
from .. import names
from ..databases.database import Database, database
from ..databases.dbapi import MeasuredCursor
from ..databases.drivers import is_measured
from ..databases.rows import affected, failed, returned
from ..harmless import harmless
from ..model import Call, Library, Outcome
from ..patches import Patches
from ..wrap import Switch
from .sqlalchemy_instrumentor import watch_listeners
from .sqlalchemy_pools import watch_pools

# The library that a dialect's driver is measured by, where it has another name.
_LIBRARIES = {"pysqlite": "sqlite3", "aiosqlite": "sqlite3", "psycopg_async": "psycopg"}
_SYSTEMS = {
    "cockroachdb": "cockroachdb",
    "clickhouse": "clickhouse",
    "hana": "sap.hana",
    "mariadb": "mariadb",
    "mssql": "microsoft.sql_server",
    "mysql": "mysql",
    "oracle": "oracle.db",
    "postgresql": "postgresql",
    "redshift": "aws.redshift",
    "sqlite": "sqlite",
    "trino": "trino",
}
_KEPT = "_tachograph_call"


class _Listener:
    """Listens to all engines; `undo` leaves them."""

    others: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.switch = Switch()
        self._listening = (
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
            ("handle_error", self._error),
        )
        for name, listener in self._listening:
            event.listen(Engine, name, listener)

    def settle(self) -> None:
        """Do nothing: nobody can stand in an event's place."""

    def undo(self) -> None:
        """Listen no longer."""
        self.switch.on = False
        for name, listener in self._listening:
            event.remove(Engine, name, listener)

    @harmless
    def _before(self, connection: Any, cursor: Any, text: str, sets: Any, context: Any, many: Any) -> None:
        if context is None or not self.switch.on or _is_measured_below(connection.dialect.driver, cursor):
            return
        database = _database(connection)
        size = len(sets) if many else 1
        shape = database.shape(text) if size == 1 else database.batch(text)
        call = calls.begin(shape)
        if call is not None and size != 1:
            calls.annotate(call, {names.DB_OPERATION_BATCH_SIZE: size})
        vars(context)[_KEPT] = call

    @harmless
    def _after(self, _connection: Any, cursor: Any, _text: str, _sets: Any, context: Any, _many: Any) -> None:
        call = _taken(context)
        if call is not None:
            rows = cursor.rowcount
            told = returned(rows) if cursor.description is not None and rows >= 0 else affected(rows)
            calls.finish(call, told)

    @harmless
    def _error(self, context: Any) -> None:
        call = _taken(context.execution_context)
        if call is not None:
            error = context.original_exception
            calls.fail(call, error, _failure(error))


def _is_measured_below(driver: str, cursor: Any) -> bool:
    """Tell whether the driver's own calls are measured; of these two, connections from before it was are not."""
    if not is_measured(_LIBRARIES.get(driver, driver)):
        return False
    return driver not in ("pysqlite", "psycopg2") or isinstance(cursor, MeasuredCursor)


def _taken(context: Any) -> Call | None:
    call: Call | None = vars(context).pop(_KEPT, None) if context is not None else None
    return call


def _failure(error: BaseException) -> Outcome:
    """Read the status of a driver's error, wherever that driver has it."""
    for name in ("sqlstate", "pgcode", "sqlite_errorname"):
        status = getattr(error, name, None)
        if isinstance(status, str):
            return failed(status)
    first = error.args[0] if error.args else None
    if isinstance(first, dict):
        first = first.get("C")
    return failed(str(first) if isinstance(first, int) or (isinstance(first, str) and len(first) == 5) else None)


def _database(connection: Any) -> Database:
    url, dialect = connection.engine.url, connection.dialect
    name = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    return database(_SYSTEMS.get(name, "other_sql"), url.database, url.host, url.port)


def _install(patches: Patches) -> None:
    listener = _Listener()
    patches.add(listener)
    watch_pools(patches)
    watch_listeners(patches, listener.switch)


LIBRARY = Library("sqlalchemy", install=_install)
