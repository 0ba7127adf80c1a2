"""How to read asyncpg's calls: the statement before, rows and SQLSTATE after."""

import re
from collections.abc import Sized
from typing import Any

from .. import names
from ..databases.database import Database, database
from ..databases.rows import affected, failed, returned
from ..model import NO_OUTCOME, NOTHING, Attributes, Call, Outcome, Shape

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


def database_of(connection: Any) -> Database:
    """Return the database that a connection is to; asyncpg tells it in private attributes alone."""
    address, name = connection._addr, connection._params.database  # noqa: SLF001
    if isinstance(address, tuple):
        return database("postgresql", name, address[0], address[1])
    return database("postgresql", name, address, None)


def text_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the statement among a method's arguments."""
    return args[0] if args else kwargs.get("query", kwargs.get("command"))


def statement(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    """Read a call that runs a statement once."""
    text = text_of(args, kwargs)
    if not isinstance(text, str):
        return None
    shape = database_of(connection).shape(text)
    return shape if shape.search is None else shape.search.shape(args[1:])


def batch(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    """Read a call that runs a statement for several sets of arguments."""
    text = text_of(args, kwargs)
    if not isinstance(text, str):
        return None
    database = database_of(connection)
    return database.shape(text) if _size(args[1:], kwargs) == 1 else database.batch(text)


def batch_size(_connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    """Tell how many sets there are, where that can be known."""
    return _size_told(args[1:], kwargs)


def prepared(statement: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape:
    """Read a call of a prepared statement."""
    shape = database_of(statement._connection).shape(statement._query)  # noqa: SLF001
    return shape if shape.search is None else shape.search.shape(args)


def prepared_batch(statement: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    """Read a call of a prepared statement for several sets of arguments."""
    database, text = database_of(statement._connection), statement._query  # noqa: SLF001
    return database.shape(text) if _size(args, kwargs) == 1 else database.batch(text)


def prepared_batch_size(_statement: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    """Tell how many sets there are, where that can be known."""
    return _size_told(args, kwargs)


def copied_table(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    """Read a COPY of a table to the application."""
    return database_of(connection).shape(f"COPY {_table(args, kwargs)} TO STDOUT")


def copied_query(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    """Read a COPY of a query's rows to the application."""
    return database_of(connection).shape(f"COPY ({text_of(args, kwargs)}) TO STDOUT")


def copied_into(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape:
    """Read a COPY into a table."""
    return database_of(connection).shape(f"COPY {_table(args, kwargs)} FROM STDIN")


def rows(result: Any, _call: Call) -> Outcome:
    """Count a list of rows."""
    return returned(len(result))


def row(result: Any, _call: Call) -> Outcome:
    """Count one row, or none."""
    return returned(0 if result is None else 1)


def value(result: Any, _call: Call) -> Outcome:
    """Count the row of a value; nothing may be a value or no row at all."""
    return NO_OUTCOME if result is None else returned(1)


def status(result: Any, _call: Call | None) -> Outcome:
    """Read a command's tag: INSERT 0 5, SELECT 3, CREATE TABLE."""
    words = result.split() if isinstance(result, str) else ()
    if len(words) < 2 or not words[-1].isdigit():
        return NO_OUTCOME
    return returned(int(words[-1])) if words[0] in ("SELECT", "FETCH") else affected(int(words[-1]))


def status_out(result: Any, _call: Call) -> Outcome:
    """Read the tag of a COPY to the application, whose rows were returned."""
    words = result.split() if isinstance(result, str) else ()
    return returned(int(words[-1])) if len(words) > 1 and words[-1].isdigit() else NO_OUTCOME


def prepared_rows(statement: Any, rows: Any) -> Outcome:
    """Count the rows that a prepared statement returned; where there are none, its tag tells what it changed."""
    if rows:
        return returned(len(rows))
    told = statement._last_status  # noqa: SLF001 - get_statusmsg refuses a connection that went back to its pool
    return status(told.decode(), None) if isinstance(told, bytes) else returned(0)


def error(error: BaseException, _call: Call | None = None) -> Outcome:
    """Read the SQLSTATE."""
    return failed(getattr(error, "sqlstate", None))


def _size(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    sets = args[0] if args else kwargs.get("args")
    return len(sets) if isinstance(sets, Sized) else None


def _size_told(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    size = _size(args, kwargs)
    return NOTHING if size is None or size == 1 else {names.DB_OPERATION_BATCH_SIZE: size}


def _table(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    parts = (kwargs.get("schema_name"), args[0] if args else kwargs.get("table_name"))
    return ".".join(part if _PLAIN_NAME.fullmatch(part) else f'"{part}"' for part in parts if part)
