"""asyncpg: the methods of a connection that run a statement."""

from typing import Any

from ..model import Call, Endpoint, Library, Outcome, Shape
from .database import statement_shape


def _request(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    statement = args[0] if args else kwargs.get("query", kwargs.get("command", ""))
    address, parameters = connection._addr, connection._params  # noqa: SLF001 - asyncpg tells them nowhere else
    server = address if isinstance(address, tuple) else (address, 5432)
    return statement_shape("postgresql", server, parameters.database, statement)


def _error(error: BaseException, _call: Call) -> Outcome:
    return Outcome(error_type=getattr(error, "sqlstate", None))


LIBRARY = Library(
    "asyncpg",
    tuple(
        Endpoint(f"asyncpg.connection:Connection.{method}", _request, error=_error)
        for method in ("execute", "executemany", "fetch", "fetchval", "fetchrow", "fetchmany")
    ),
)
