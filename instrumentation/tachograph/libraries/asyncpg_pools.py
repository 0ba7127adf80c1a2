"""asyncpg's pools: who waits for a connection, who has one, and how long each took."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any
from weakref import WeakKeyDictionary, ref

from ..databases.pools import Pool, State, pool_name, watch
from ..harmless import harmless
from ..patches import Patches
from ..wrap import Function, Switch

_POOL = "_tachograph_pool"
# A pool itself takes no weak references; its queue lives as long.
_pools: "WeakKeyDictionary[Any, Pool]" = WeakKeyDictionary()


def watch_pools(patches: Patches, module: Any) -> None:
    """Watch the pools of `asyncpg.pool`."""
    patches.wrap(module.Pool, "_acquire", _acquire)
    patches.wrap(module.PoolConnectionHolder, "connect", _connect)
    patches.wrap(module.PoolConnectionHolder, "_release", _release)


def _acquire(function: Function, switch: Switch) -> Function:
    async def acquire(pool: Any, *args: Any, **kwargs: Any) -> Any:
        asked_ns = perf_counter_ns()
        watched = _watched(pool) if switch.on else None
        if watched is not None:
            watched.waiting += 1
        try:
            proxy = await function(pool, *args, **kwargs)
        except BaseException as error:
            if watched is not None:
                watched.refused(asked_ns, timeout=isinstance(error, TimeoutError))
            raise
        if watched is None and switch.on and (watched := _watched(pool)) is not None:
            watched.waiting += 1
        if watched is not None:
            # It is the holder that comes back.
            watched.got(asked_ns, id(getattr(proxy, "_holder", None)))
        return proxy

    return acquire


def _connect(function: Function, switch: Switch) -> Function:
    async def connect(holder: Any, *args: Any, **kwargs: Any) -> Any:
        started_ns = perf_counter_ns()
        result = await function(holder, *args, **kwargs)
        if switch.on and (watched := _watched(getattr(holder, "_pool", None))) is not None:
            watched.created(started_ns)
        return result

    return connect


def _release(function: Function, switch: Switch) -> Function:
    def release(holder: Any) -> Any:
        if switch.on and (watched := _watched(getattr(holder, "_pool", None))) is not None:
            watched.returned(id(holder))
        return function(holder)

    return release


@harmless
def _watched(pool: Any) -> Pool | None:
    """Return how a pool is watched; None before its first connection, which tells its name."""
    queue = getattr(pool, "_queue", None)
    if queue is None:
        return None
    watched = _pools.get(queue)
    if watched is None:
        holders = pool._holders  # noqa: SLF001
        connection = next((each._con for each in holders if each._con is not None), None)  # noqa: SLF001
        if connection is None:
            return None
        watched = _pools[queue] = watch(_name(connection), _reader(pool, queue))
    return watched


def _name(connection: Any) -> str:
    address = connection._addr  # noqa: SLF001
    host, port = address if isinstance(address, tuple) else (address, None)
    return pool_name(host, port, connection._params.database)  # noqa: SLF001


def _reader(pool: Any, queue: Any) -> Callable[[], State | None]:
    # Held by its queue, so that the pool can still be collected.
    vars(queue)[_POOL] = pool
    reference = ref(queue)

    def read() -> State | None:
        queue = reference()
        pool = None if queue is None else vars(queue)[_POOL]
        if pool is None or pool._closed:  # noqa: SLF001
            return None
        idle, most = pool.get_idle_size(), pool.get_max_size()
        return State(idle, pool.get_size() - idle, pool.get_min_size(), most, most)

    return read
