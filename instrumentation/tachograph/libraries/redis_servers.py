"""Redis servers as clients know them: the shapes of their commands, and the cache that their look-ups count for."""

from typing import Any

from .. import names
from ..caches.clients import level_of_client
from ..caches.level import Level
from ..databases import metrics
from ..model import DB_BUCKETS, Metric, Shape, Subject
from .redis_lookups import forms

_SHAPES_LIMIT = 1_000
_KEPT = "_tachograph_server"
_LABELS = (
    names.DB_SYSTEM_NAME,
    names.DB_NAMESPACE,
    names.DB_OPERATION_NAME,
    names.SERVER_ADDRESS,
    names.SERVER_PORT,
)
_TARGET = (names.DB_SYSTEM_NAME, names.SERVER_ADDRESS, names.SERVER_PORT)
_WAIT = Metric(
    names.DB_WAIT_DURATION, "histogram", "s", "How long commands took that wait for something to come.", DB_BUCKETS
)
COMMANDS = Subject("cache", metrics.DURATION, _LABELS, leaf=True, target=_TARGET)
# The server answers these when there is something: their wait is no latency.
WAITS = Subject("cache", _WAIT, _LABELS, leaf=True, target=_TARGET)
_WAITING = frozenset(
    ("BLPOP", "BRPOP", "BLMOVE", "BLMPOP", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF")
)
MAY_WAIT = frozenset(forms("XREAD", "XREADGROUP"))
BLOCKING = frozenset(forms("BLOCK"))


class Server:
    """One server, or one cluster, and the shapes of what is asked of it."""

    __slots__ = ("_attributes", "_pipelines", "_shapes", "_transactions", "_waits", "level")

    def __init__(self, address: str | None, port: int | None, namespace: str | None, level: Level) -> None:
        told = {
            names.DB_SYSTEM_NAME: "redis",
            names.DB_NAMESPACE: namespace,
            names.SERVER_ADDRESS: address,
            names.SERVER_PORT: port,
        }
        self._attributes: dict[str, str | int] = {key: value for key, value in told.items() if value}
        self._shapes: dict[Any, Shape] = {}
        self._waits: dict[Any, Shape] = {}
        self._pipelines: dict[Any, Shape] = {}
        self._transactions: dict[Any, Shape] = {}
        self.level = level

    def shape(self, command: Any) -> Shape:
        """Return the shape of a command."""
        return self._shapes.get(command) or self._new(self._shapes, command, waits=False)

    def wait(self, command: Any) -> Shape:
        """Return the shape of a command that waits here, though it need not."""
        return self._waits.get(command) or self._new(self._waits, command, waits=True)

    def pipeline(self, command: Any) -> Shape:
        """Return the shape of a pipeline whose commands are all this one, or mixed where it is empty."""
        return self._pipelines.get(command) or self._batch(self._pipelines, "PIPELINE", command)

    def transaction(self, command: Any) -> Shape:
        """Return the shape of such a pipeline that is a transaction."""
        return self._transactions.get(command) or self._batch(self._transactions, "MULTI", command)

    def _batch(self, shapes: dict[Any, Shape], operation: str, command: Any) -> Shape:
        if len(shapes) >= _SHAPES_LIMIT:
            shapes.clear()
        shape = shapes[command] = self.shape(f"{operation} {word(command)}" if command else operation)
        return shape

    def _new(self, shapes: dict[Any, Shape], command: Any, *, waits: bool) -> Shape:
        if len(shapes) >= _SHAPES_LIMIT:
            shapes.clear()
        name = word(command)
        subject = WAITS if waits or name in _WAITING else COMMANDS
        shape = shapes[command] = Shape(subject, name, {**self._attributes, names.DB_OPERATION_NAME: name})
        return shape


def word(command: Any) -> str:
    """Return a command's name; clients take it in bytes too, and in any case."""
    return (command.decode("utf-8", "replace") if isinstance(command, bytes) else str(command)).upper()


def server_of(client: Any) -> Server:
    """Return the server that a client, a pipeline or a subscription speaks to."""
    pool = getattr(client, "connection_pool", None)
    holder = pool if pool is not None else _cluster_of(client)
    server = getattr(holder, _KEPT, None)
    if type(server) is not Server:  # an application's stand-in for a pool has every attribute
        server = vars(holder)[_KEPT] = _of_pool(pool) if pool is not None else _of_cluster(holder)
    return server


def _cluster_of(client: Any) -> Any:
    """Return the client of a cluster's pipeline, or what it shares with it."""
    for name in ("cluster_client", "_client", "nodes_manager"):
        found = getattr(client, name, None)
        if found is not None and hasattr(found, "__dict__"):
            return found
    return client


def _of_pool(pool: Any) -> Server:
    settings = pool.connection_kwargs
    address = settings.get("path") or settings.get("host") or getattr(pool, "service_name", None) or "localhost"
    port = None if "path" in settings else settings.get("port")
    return Server(str(address), port, str(settings.get("db") or 0), level_of_client(pool, "redis"))


def _of_cluster(holder: Any) -> Server:
    nodes = getattr(holder, "nodes_manager", holder)
    node = getattr(nodes, "default_node", None) or next(iter(nodes.startup_nodes.values()), None)
    return Server(getattr(node, "host", None), getattr(node, "port", None), None, level_of_client(holder, "redis"))
