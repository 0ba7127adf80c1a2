"""psycopg_pool, sync and async: who waits for a connection, who has one, and how long each took."""

import re
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any
from weakref import WeakKeyDictionary, ref

import psycopg_pool
from psycopg.conninfo import conninfo_to_dict

from ..databases.pools import Pool, State, pool_name, watch
from ..harmless import harmless
from ..model import Library
from ..patches import Patches
from ..wrap import Function, Switch

_GIVEN_NONE = re.compile(r"pool-\d+")
_pools: "WeakKeyDictionary[Any, Pool]" = WeakKeyDictionary()


def _install(patches: Patches) -> None:
    for owner, asks, returns, connects in (
        (psycopg_pool.ConnectionPool, _getconn, _putconn, _connect),
        (psycopg_pool.AsyncConnectionPool, _async_getconn, _async_putconn, _async_connect),
    ):
        patches.wrap(owner, "getconn", asks)
        patches.wrap(owner, "putconn", returns)
        patches.wrap(owner, "_connect", connects)


def _getconn(function: Function, switch: Switch) -> Function:
    def getconn(pool: Any, *args: Any, **kwargs: Any) -> Any:
        asked = _Asked(pool, switch)
        try:
            connection = function(pool, *args, **kwargs)
        except BaseException as error:
            asked.refused(error)
            raise
        asked.got(connection)
        return connection

    return getconn


def _async_getconn(function: Function, switch: Switch) -> Function:
    async def getconn(pool: Any, *args: Any, **kwargs: Any) -> Any:
        asked = _Asked(pool, switch)
        try:
            connection = await function(pool, *args, **kwargs)
        except BaseException as error:
            asked.refused(error)
            raise
        asked.got(connection)
        return connection

    return getconn


class _Asked:
    """A connection that was asked for."""

    def __init__(self, pool: Any, switch: Switch) -> None:
        self._asked_ns = perf_counter_ns()
        self._pool = pool
        self._on = switch.on
        self._watched = _pools.get(pool) if switch.on else None
        if self._watched is not None:
            self._watched.waiting += 1

    @harmless
    def refused(self, error: BaseException) -> None:
        """Take note that there was none."""
        watched = self._watched
        if watched is None and self._on:
            # Its database may have been away since the beginning.
            watched = _watched(self._pool)
            watched.waiting += 1
        if watched is not None:
            watched.refused(self._asked_ns, timeout=isinstance(error, psycopg_pool.PoolTimeout))

    @harmless
    def got(self, connection: Any) -> None:
        """Take note that it was got."""
        watched = self._watched
        if watched is None and self._on:
            watched = _watched(self._pool, connection)
            watched.waiting += 1
        if watched is not None:
            watched.got(self._asked_ns, id(connection))


def _putconn(function: Function, _switch: Switch) -> Function:
    def putconn(pool: Any, connection: Any) -> Any:
        _returned(pool, connection)
        return function(pool, connection)

    return putconn


def _async_putconn(function: Function, _switch: Switch) -> Function:
    async def putconn(pool: Any, connection: Any) -> Any:
        _returned(pool, connection)
        return await function(pool, connection)

    return putconn


def _connect(function: Function, switch: Switch) -> Function:
    def connect(pool: Any, *args: Any, **kwargs: Any) -> Any:
        started_ns = perf_counter_ns()
        connection = function(pool, *args, **kwargs)
        _created(pool, connection, started_ns, switch)
        return connection

    return connect


def _async_connect(function: Function, switch: Switch) -> Function:
    async def connect(pool: Any, *args: Any, **kwargs: Any) -> Any:
        started_ns = perf_counter_ns()
        connection = await function(pool, *args, **kwargs)
        _created(pool, connection, started_ns, switch)
        return connection

    return connect


@harmless
def _returned(pool: Any, connection: Any) -> None:
    watched = _pools.get(pool)
    if watched is not None:
        watched.returned(id(connection))


@harmless
def _created(pool: Any, connection: Any, started_ns: int, switch: Switch) -> None:
    if switch.on:
        _watched(pool, connection).created(started_ns)


def _watched(pool: Any, connection: Any = None) -> Pool:
    """Return how a pool is watched; where it was given no name, its first connection tells one."""
    watched = _pools.get(pool)
    if watched is None:
        name = pool.name
        if _GIVEN_NONE.fullmatch(name):
            name = _place(pool) if connection is None else _place_of(connection.info)
        watched = _pools[pool] = watch(name, _reader(pool))
    return watched


def _place_of(info: Any) -> str:
    return pool_name(info.host, info.port, info.dbname)


def _place(pool: Any) -> str:
    """Return what a pool would connect to, as far as it was told so."""
    told = conninfo_to_dict(pool.conninfo if isinstance(pool.conninfo, str) else "")
    host, database = (None if told.get(key) is None else str(told[key]) for key in ("host", "dbname"))
    return pool_name(host, int(told.get("port") or 5432) if host else None, database) or str(pool.name)


def _reader(pool: Any) -> Callable[[], State | None]:
    reference = ref(pool)

    def read() -> State | None:
        pool = reference()
        if pool is None or pool.closed:
            return None
        stats = pool.get_stats()
        idle = stats["pool_available"]
        # The pools that keep nothing have no room for idle connections.
        keeps = not isinstance(pool, psycopg_pool.NullConnectionPool | psycopg_pool.AsyncNullConnectionPool)
        most = pool.max_size
        return State(idle, max(0, stats["pool_size"] - idle), pool.min_size, most if keeps else 0, most)

    return read


LIBRARY = Library("psycopg_pool", install=_install)
