"""SQLAlchemy's pools: who waits for a connection, who has one, and how long each took."""

import os
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any
from weakref import WeakKeyDictionary, ref

import sqlalchemy.exc
import sqlalchemy.pool
import sqlalchemy.pool.base
from sqlalchemy.engine import Engine

from ..databases.pools import Pool, State, pool_name, watch
from ..harmless import harmless
from ..patches import Patches
from ..wrap import Function, Switch

_pools: "WeakKeyDictionary[Any, Pool]" = WeakKeyDictionary()
# A pool that replaces another has its creator too.
_names: "WeakKeyDictionary[Any, str]" = WeakKeyDictionary()
_POOL = "_ConnectionRecord__pool"


def watch_pools(patches: Patches) -> None:
    """Watch all pools."""
    base = sqlalchemy.pool.base
    patches.wrap(Engine, "__init__", _engine)
    patches.wrap(base.Pool, "connect", _connect)
    patches.wrap(sqlalchemy.pool.SingletonThreadPool, "connect", _connect)
    patches.wrap(base.Pool, "_return_conn", _return)
    patches.wrap(base._ConnectionRecord, "_ConnectionRecord__connect", _create)  # noqa: SLF001 - where connections are made


def _engine(function: Function, _switch: Switch) -> Function:
    def engine(self: Any, pool: Any, dialect: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        result = function(self, pool, dialect, url, *args, **kwargs)
        _name(pool, url)
        return result

    return engine


@harmless
def _name(pool: Any, url: Any) -> None:
    file = url.database if url.host else os.path.basename(url.database or "")  # noqa: PTH119 - it may be ":memory:"
    _names[pool._creator] = pool_name(url.host, url.port, file)  # noqa: SLF001 - SQLAlchemy tells it nowhere else


def _connect(function: Function, switch: Switch) -> Function:
    def connect(pool: Any) -> Any:
        asked_ns = perf_counter_ns()
        watched = _watched(pool) if switch.on else None
        if watched is None:
            return function(pool)
        watched.waiting += 1
        try:
            connection = function(pool)
        except BaseException as error:
            watched.refused(asked_ns, timeout=isinstance(error, sqlalchemy.exc.TimeoutError))
            raise
        # It is the record that comes back.
        watched.got(asked_ns, id(getattr(connection, "_connection_record", None)))
        return connection

    return connect


def _return(function: Function, switch: Switch) -> Function:
    def return_connection(pool: Any, record: Any) -> Any:
        watched = _watched(pool) if switch.on else None
        if watched is not None:
            watched.returned(id(record))
        return function(pool, record)

    return return_connection


def _create(function: Function, switch: Switch) -> Function:
    def create(record: Any) -> Any:
        started_ns = perf_counter_ns()
        result = function(record)
        watched = _watched(getattr(record, _POOL, None)) if switch.on else None
        if watched is not None:
            watched.created(started_ns)
        return result

    return create


@harmless
def _watched(pool: Any) -> Pool | None:
    watched = None if pool is None else _pools.get(pool)
    if watched is None and pool is not None:
        given = getattr(pool, "_orig_logging_name", None)
        name = given or _names.get(pool._creator) or pool._dialect.name  # noqa: SLF001
        watched = _pools[pool] = watch(name, _reader(pool))
    return watched


def _reader(pool: Any) -> Callable[[], State | None]:
    reference = ref(pool)

    def read() -> State | None:
        pool = reference()
        if pool is None:
            return None
        if not isinstance(pool, sqlalchemy.pool.QueuePool):
            # The others keep no connections for anyone to wait for.
            watched = _pools.get(pool)
            return State(0, 0 if watched is None else watched.borrowed(), None, None, None)
        room, over = pool.size(), pool._max_overflow  # noqa: SLF001
        return State(pool.checkedin(), max(0, pool.checkedout()), 0, room, None if over < 0 else room + over)

    return read
