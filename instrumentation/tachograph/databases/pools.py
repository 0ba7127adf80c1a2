"""Connection pools: the whole of `db.client.connection.*`, by names that stay the same from run to run."""

import itertools
from collections.abc import Callable, Iterator
from time import perf_counter_ns, time_ns
from typing import NamedTuple

import opentelemetry.context as otel

from .. import call as calls
from .. import names, pauses
from ..harmless import harmless
from ..model import Call, Label, Observation, Shape
from ..telemetry.hub import HUB
from . import metrics
from .database import DATABASE

ACQUIRE = "ACQUIRE"
# To get a connection is a span where it took this long: what the pool has at hand is got in microseconds.
_LONG_NS = 1_000_000


class State(NamedTuple):
    """A pool as it is now; None is what it does not limit."""

    idle: int
    used: int
    idle_min: int | None
    idle_max: int | None
    most: int | None


class Pool:
    """One pool as it is watched. `read` returns None once the pool is closed or gone."""

    def __init__(self, name: str, read: Callable[[], State | None]) -> None:
        self.name = name
        self.read = read
        self.waiting = 0
        self._borrowed: dict[int, int] = {}
        label: Label = (names.DB_CONNECTION_POOL_NAME, name)
        registry = HUB.registry
        self.labels = (label,)
        self._shape = Shape(DATABASE, ACQUIRE, {names.DB_OPERATION_NAME: ACQUIRE, names.DB_CONNECTION_POOL_NAME: name})
        self._wait = registry.histogram(metrics.CONNECTION_WAIT_TIME, self.labels)
        self._use = registry.histogram(metrics.CONNECTION_USE_TIME, self.labels)
        self._create = registry.histogram(metrics.CONNECTION_CREATE_TIME, self.labels)
        self._timeouts = registry.sum(metrics.CONNECTION_TIMEOUTS, self.labels)

    def borrowed(self) -> int:
        """Return how many connections are lent."""
        return len(self._borrowed)

    @harmless
    def got(self, asked_ns: int, connection: int) -> None:
        """Take note that it was got, by whatever identifies it until it is returned."""
        now_ns = perf_counter_ns()
        self.waiting -= 1
        self._borrowed[connection] = now_ns
        self._wait.record((now_ns - asked_ns) / 1e9)
        if now_ns - asked_ns >= _LONG_NS:
            self._waited(asked_ns, now_ns)

    @harmless
    def refused(self, asked_ns: int, *, timeout: bool) -> None:
        """Take note that there was none."""
        self.waiting -= 1
        now_ns = perf_counter_ns()
        if timeout:
            self._wait.record((now_ns - asked_ns) / 1e9)
            self._timeouts.add(1)
        self._waited(asked_ns, now_ns, "timeout" if timeout else "_OTHER")

    def _waited(self, asked_ns: int, now_ns: int, error_type: str | None = None) -> None:
        """Make the span of a wait that is over, and count it as the database's share of the operation's time."""
        waited_ns = now_ns - asked_ns
        context, outer = otel.get_current(), calls.innermost()
        call = Call(self._shape, outer, time_ns() - waited_ns, asked_ns)
        call.duration_ns, call.error_type = waited_ns, error_type
        HUB.tracing.open(call, context)
        call.ended = True
        if outer is not None and outer.entry is not None:
            call.entry = outer.entry
            pauses.spent(call, waited_ns)
        if call.span_id:
            HUB.tracing.close(call)
        call.outer = call.entry = None

    @harmless
    def returned(self, connection: int) -> None:
        """Take note that a connection came back, or was thrown away."""
        borrowed_ns = self._borrowed.pop(connection, None)
        if borrowed_ns is not None:
            self._use.record((perf_counter_ns() - borrowed_ns) / 1e9)

    @harmless
    def created(self, started_ns: int) -> None:
        """Take note that a connection was made."""
        self._create.record((perf_counter_ns() - started_ns) / 1e9)


_pools: list[Pool] = []
_observed: list[bool] = []


def watch(name: str, read: Callable[[], State | None]) -> Pool:
    """Watch a pool; where another of its name is alive, it is called by its number too."""
    if not _observed:
        _observed.append(True)
        _observe()
    taken = {pool.name for pool, _ in _alive()}
    numbered = (f"{name}#{number}" for number in itertools.count(2))
    pool = Pool(next(own for own in itertools.chain((name,), numbered) if own not in taken), read)
    _pools.append(pool)
    return pool


def pool_name(address: str | None, port: int | None, namespace: str | None) -> str:
    """Return the name of a pool that has none of its own, as the conventions form it."""
    server = f"{address or ''}:{port}" if port else address or ""
    return "/".join(filter(None, (server, namespace)))


def _alive() -> list[tuple[Pool, State]]:
    alive = [(pool, state) for pool in list(_pools) if (state := pool.read()) is not None]
    _pools[:] = [pool for pool, _ in alive]
    return alive


def _observe() -> None:
    observe = HUB.registry.observe
    observe(metrics.CONNECTION_COUNT, _counts)
    observe(metrics.CONNECTION_IDLE_MIN, lambda: _limits(lambda state: state.idle_min))
    observe(metrics.CONNECTION_IDLE_MAX, lambda: _limits(lambda state: state.idle_max))
    observe(metrics.CONNECTION_MAX, lambda: _limits(lambda state: state.most))
    observe(metrics.CONNECTION_PENDING_REQUESTS, lambda: ((pool.labels, max(0, pool.waiting)) for pool, _ in _alive()))


def _counts() -> Iterator[Observation]:
    for pool, state in _alive():
        yield (*pool.labels, (names.DB_CONNECTION_STATE, "idle")), state.idle
        yield (*pool.labels, (names.DB_CONNECTION_STATE, "used")), state.used


def _limits(limit: Callable[[State], int | None]) -> Iterator[Observation]:
    for pool, state in _alive():
        if (value := limit(state)) is not None:
            yield pool.labels, value
