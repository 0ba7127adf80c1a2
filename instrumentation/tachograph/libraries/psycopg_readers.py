"""How to read psycopg's calls: the statement before, rows and SQLSTATE after."""

from collections.abc import Sized
from typing import Any

from psycopg.pq import ExecStatus

from .. import names
from ..databases.database import Database, database
from ..databases.rows import affected, failed, returned
from ..model import NO_OUTCOME, NOTHING, Attributes, Outcome, Shape

_ROWS = frozenset((ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE))
_KEPT = "_tachograph_database"


def database_of(connection: Any) -> Database:
    """Return the database that a connection is to; libpq is asked once a connection."""
    kept = vars(connection)
    found: Database | None = kept.get(_KEPT)
    if found is None:
        info = connection.info
        found = kept[_KEPT] = database("postgresql", info.dbname, info.host, info.port)
    return found


def statement_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the statement among a method's arguments, as it was given."""
    return args[0] if args else kwargs.get("query", kwargs.get("statement"))


def text_of(cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """Return the text of the statement among a method's arguments, in whichever form it was given."""
    query = statement_of(args, kwargs)
    if isinstance(query, str):
        return query
    if isinstance(query, bytes):
        return query.decode("utf-8", "replace")
    if hasattr(query, "as_string"):
        text: str = query.as_string(cursor)
        return text
    strings = getattr(query, "strings", None)
    return "?".join(strings) if strings is not None else None


def statement(cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    """Read a call that runs a statement once; one that controls a transaction is none."""
    text = text_of(cursor, args, kwargs)
    if text is None:
        return None
    shape = database_of(cursor.connection).shape(text)
    return None if shape.statement.transaction is not None else shape


def batch(cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    """Read a call that runs a statement for several sets of parameters."""
    text = text_of(cursor, args, kwargs)
    if text is None:
        return None
    database = database_of(cursor.connection)
    return database.shape(text) if _size(args, kwargs) == 1 else database.batch(text)


def batch_size(_cursor: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    """Tell how many sets there are, where that can be known."""
    size = _size(args, kwargs)
    return NOTHING if size is None or size == 1 else {names.DB_OPERATION_BATCH_SIZE: size}


def result(cursor: Any) -> Outcome:
    """Count what a cursor that has run a statement was given; in a pipeline that is not known yet."""
    given = cursor.pgresult
    if given is None:
        return NO_OUTCOME
    return returned(given.ntuples) if given.status in _ROWS else affected(cursor.rowcount)


def results(cursor: Any) -> Outcome:
    """Count what a cursor that has run a statement for several sets of parameters was given."""
    given = cursor._results  # noqa: SLF001 - `rowcount` is that of the first set, where rows came back
    if given and all(each.status in _ROWS for each in given):
        return returned(sum(each.ntuples for each in given))
    return affected(cursor.rowcount)


def error(error: BaseException) -> Outcome:
    """Read the SQLSTATE."""
    return failed(getattr(error, "sqlstate", None))


def _size(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    sets = args[1] if len(args) > 1 else kwargs.get("params_seq")
    return len(sets) if isinstance(sets, Sized) else None
