"""sqlite3: its types cannot be patched, so `connect` makes connections and cursors of measured subclasses."""

import sqlite3
from typing import Any

from ..model import Call, Endpoint, Library, Outcome, Shape
from ..patches import Patches
from ..wrap import measured
from .database import statement_shape


def _request(_instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Shape | None:
    return statement_shape("sqlite", None, None, args[0] if args else kwargs.get("sql", ""))


def _error(error: BaseException, _call: Call) -> Outcome:
    return Outcome(error_type=getattr(error, "sqlite_errorname", None))


_ENDPOINTS = {
    name: Endpoint(f"sqlite3:Connection.{name}", _request, error=_error)
    for name in ("execute", "executemany", "executescript")
}


def _methods(owner: type) -> dict[str, Any]:
    return {name: measured(endpoint, getattr(owner, name)) for name, endpoint in _ENDPOINTS.items()}


def _connection_type(factory: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    def cursor(self: sqlite3.Connection, factory: Any = sqlite3.Cursor) -> Any:
        made = _CURSOR if factory is sqlite3.Cursor else factory
        return _original_cursor(self, made)

    _original_cursor = factory.cursor
    return type(factory.__name__, (factory,), {**_methods(factory), "cursor": cursor})


_CURSOR = type("Cursor", (sqlite3.Cursor,), _methods(sqlite3.Cursor))
_CONNECTION = _connection_type(sqlite3.Connection)


def _connect(function: Any) -> Any:
    def connect(*args: Any, **kwargs: Any) -> Any:
        factory = kwargs.get("factory", args[5] if len(args) > 5 else sqlite3.Connection)
        if factory is sqlite3.Connection and len(args) <= 5:
            kwargs["factory"] = _CONNECTION
        return function(*args, **kwargs)

    return connect


def _install(patches: Patches) -> None:
    patches.replace(sqlite3, "connect", _connect)
    patches.replace(sqlite3.dbapi2, "connect", _connect)


LIBRARY = Library("sqlite3", install=_install)
