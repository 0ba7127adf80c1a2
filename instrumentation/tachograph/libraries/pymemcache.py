"""pymemcache: the commands of its client, which its pooled and its hashing clients send too."""

from collections.abc import Sized
from functools import partial
from typing import Any

from pymemcache.client.base import Client, PooledClient

from .. import names
from ..caches.clients import level_of_client, named_client
from ..databases import metrics
from ..harmless import harmless
from ..model import NOTHING, Attributes, Endpoint, Library, Shape, Subject
from ..patches import Patches
from ..wrap import Function, Switch, measured

_COMMANDS = Subject(
    "cache",
    metrics.DURATION,
    (names.DB_SYSTEM_NAME, names.DB_OPERATION_NAME, names.SERVER_ADDRESS, names.SERVER_PORT),
    leaf=True,
    target=(names.DB_SYSTEM_NAME, names.SERVER_ADDRESS, names.SERVER_PORT),
)
_ONE = frozenset(("get", "gets", "gat", "gats"))
_MANY = frozenset(("get_many", "get_multi", "gets_many"))
_STORE = frozenset(("set", "add", "replace", "cas"))
_BATCHES = frozenset(("set_many", "set_multi"))
_OTHERS = (
    *("append", "prepend", "delete", "delete_many", "delete_multi", "incr", "decr", "touch", "flush_all"),
    *("stats", "version", "raw_command", "cache_memlimit"),
)
_SHAPES_LIMIT = 1_000
_shapes: dict[tuple[Any, str], Shape] = {}


def _request(name: str, client: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape:
    key = (client.server, name)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= _SHAPES_LIMIT:
            _shapes.clear()
        address, port = client.server if isinstance(client.server, tuple) else (client.server, None)
        attributes: dict[str, str | int] = {
            names.DB_SYSTEM_NAME: "memcached",
            names.DB_OPERATION_NAME: name,
            names.SERVER_ADDRESS: str(address).removeprefix("unix:"),
        }
        if port is not None:
            attributes[names.SERVER_PORT] = port
        shape = _shapes[key] = Shape(_COMMANDS, name, attributes)
    return shape


def _batch_size(_client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
    several = _first(args, kwargs)
    return (
        {names.DB_OPERATION_BATCH_SIZE: len(several)} if isinstance(several, Sized) and len(several) != 1 else NOTHING
    )


def _first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else next(iter(kwargs.values()), None)


def _install(patches: Patches) -> None:
    for name in (*_ONE, *_MANY, *_STORE, *_BATCHES, *_OTHERS):
        if hasattr(Client, name):
            patches.wrap(Client, name, partial(_method, name))
    patches.wrap(PooledClient, "_create_client", _create)


def _method(name: str, function: Function, switch: Switch) -> Function:
    details = _batch_size if name in _BATCHES else None
    endpoint = Endpoint(f"pymemcache.client.base:Client.{name}", partial(_request, name), details=details)
    method = measured(endpoint, function, switch)
    if name in _OTHERS:
        return method
    several = name in _MANY or name in _BATCHES

    def command(client: Any, *args: Any, **kwargs: Any) -> Any:
        # The names of several may come from an iterator, which can be read once.
        if several and args and not isinstance(args[0], Sized):
            args = (list(args[0]), *args[1:])
        result = method(client, *args, **kwargs)
        if switch.on:
            _counted(name, client, args, kwargs, result)
        return result

    return command


@harmless
def _counted(name: str, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    level, asked = level_of_client(client, "memcached"), _first(args, kwargs)
    if name in _STORE:
        if level.pending:
            level.stored(asked)
        return
    if name in _BATCHES:
        for key in asked if level.pending else ():
            level.stored(key)
        return
    found = result if name in _MANY else () if _is_absent(name, args, kwargs, result) else (asked,)
    for key in asked if name in _MANY else (asked,):
        if key not in found:
            level.missed(key)
            continue
        level.hit()
        if level.is_source:
            level.hit_again()


def _is_absent(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> bool:
    """Tell whether a look-up gave its default; `gets` and `gats` give a pair."""
    value = result[0] if name.endswith("s") and isinstance(result, tuple) else result
    place = 2 if name.startswith("gat") else 1
    default = kwargs.get("default", args[place] if len(args) > place else None)
    return value is default


def _create(function: Function, _switch: Switch) -> Function:
    def create(pool: Any) -> Any:
        client = function(pool)
        _named(pool, client)
        return client

    return create


@harmless
def _named(pool: Any, client: Any) -> None:
    named_client(client, level_of_client(pool, "memcached"))


LIBRARY = Library("pymemcache", install=_install)
