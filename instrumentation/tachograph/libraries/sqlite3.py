"""sqlite3: its types cannot be patched, so `connect` makes connections and cursors of measured subclasses."""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ..databases import plans
from ..databases.database import Database, database
from ..databases.dbapi import MeasuredConnection, MeasuredCursor, between
from ..databases.drivers import measured
from ..databases.explaining import ExplainingCursor
from ..databases.rows import affected, failed
from ..model import Library, Outcome
from ..patches import Patches
from ..sql.plan import Plan, sqlite_plan
from ..wrap import Function, Switch

_MEMORY = (":memory:", "")


class Cursor(MeasuredCursor, sqlite3.Cursor):
    """A measured cursor."""

    def executescript(self, *args: Any, **kwargs: Any) -> Any:
        """Run several statements."""
        return self._run(super().executescript, args, kwargs, args[0] if args else kwargs.get("sql_script"))

    def _database(self) -> Database:
        measured: Database = self.connection.database  # type: ignore[attr-defined] # ours make only ours
        return measured

    def _outcome(self) -> Outcome | None:
        return affected(self.rowcount) if self.description is None else None

    def _failure(self, error: BaseException) -> Outcome:
        return failed(getattr(error, "sqlite_errorname", None))


class ExplainedCursor(ExplainingCursor, Cursor):
    """A measured cursor whose slow statements are explained."""

    def _plan(self, text: str, parameters: Any) -> Plan | None:
        # The application's values are not needed, so its adapters are not called; nor are its factories.
        nothing: Any = defaultdict(lambda: None) if isinstance(parameters, Mapping) else [None] * len(parameters or ())
        cursor = sqlite3.Connection.cursor(self.connection, sqlite3.Cursor)
        cursor.row_factory = None
        return sqlite_plan(cursor.execute(f"EXPLAIN QUERY PLAN {text}", nothing).fetchall())


class Connection(MeasuredConnection, sqlite3.Connection):
    """A measured connection."""

    switch: Switch

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cursors = ExplainedCursor if plans.wanted_at_all() else Cursor
        self.database = database("sqlite", _name(args[0] if args else kwargs.get("database")), None, None)

    def cursor(self, factory: Any = sqlite3.Cursor, **kwargs: Any) -> Any:
        """Make a measured cursor."""
        if self.switch.on and isinstance(factory, type):
            factory = between(factory, self._cursors, sqlite3.Cursor, self.switch)
        return super().cursor(factory, **kwargs)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement on a cursor of its own."""
        return self.cursor().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement for several sets of parameters, on a cursor of its own."""
        return self.cursor().executemany(*args, **kwargs)

    def executescript(self, *args: Any, **kwargs: Any) -> Any:
        """Run several statements, on a cursor of their own."""
        return self.cursor().executescript(*args, **kwargs)

    def is_in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self.in_transaction


def _name(told: Any) -> str | None:
    """Return the name of a database's file, without the folders that it is in."""
    if isinstance(told, bytes | os.PathLike):
        told = os.fsdecode(told)
    if not isinstance(told, str):
        return None
    path = told.removeprefix("file:").split("?", 1)[0] if told.startswith("file:") else told
    return ":memory:" if path in _MEMORY else os.path.basename(path)  # noqa: PTH119 - a URI's path is none of this system's


def _connect(function: Function, switch: Switch) -> Function:
    def connect(*args: Any, **kwargs: Any) -> Any:
        if switch.on and len(args) <= 5:
            factory: Any = kwargs.get("factory", sqlite3.Connection)
            if isinstance(factory, type) and sqlite3.Connection in factory.__mro__:
                kwargs["factory"] = between(factory, Connection, sqlite3.Connection, switch)
        return function(*args, **kwargs)

    return connect


def _install(patches: Patches) -> None:
    measured("sqlite3", patches.wrap(sqlite3, "connect", _connect))
    patches.wrap(sqlite3.dbapi2, "connect", _connect)


LIBRARY = Library("sqlite3", install=_install)
