"""redis: commands, pipelines and subscriptions of the sync and the asyncio client, and of both clusters'."""

from functools import partial
from importlib import import_module
from typing import Any

from ..model import Endpoint, Library, Shape
from ..patches import Patches
from ..wrap import leaf
from .redis_errors import failure
from .redis_lookups import LOOKUPS, STORES, counted
from .redis_pipelines import async_pipeline, pipeline
from .redis_servers import BLOCKING, MAY_WAIT, server_of


def _command(client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape | None:
    if not args:
        return None
    server, name = server_of(client), args[0]
    if name in MAY_WAIT and any(word in args for word in BLOCKING):
        return server.wait(name)
    return server.shape(name)


def _answered(client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any], result: Any) -> None:
    """Count what a command that has run tells of the cache."""
    if not args:
        return
    reader = LOOKUPS.get(args[0])
    if reader is not None:
        reader(server_of(client).level, args, result)
    elif args[0] in STORES:
        counted(server_of(client).level, args, result)


_COMMAND = Endpoint("redis.client:Redis.execute_command", _command, error=failure, after=_answered)
_COMMANDS = (
    ("redis.client", "Redis", "execute_command"),
    ("redis.client", "Pipeline", "immediate_execute_command"),
    ("redis.client", "PubSub", "execute_command"),
    ("redis.cluster", "RedisCluster", "execute_command"),
    ("redis.asyncio.client", "Redis", "execute_command"),
    ("redis.asyncio.client", "Pipeline", "immediate_execute_command"),
    ("redis.asyncio.client", "PubSub", "execute_command"),
    ("redis.asyncio.cluster", "RedisCluster", "execute_command"),
)
_PIPELINES = (
    ("redis.client", "Pipeline"),
    ("redis.cluster", "ClusterPipeline"),
    ("redis.asyncio.client", "Pipeline"),
    ("redis.asyncio.cluster", "ClusterPipeline"),
)


def _install(patches: Patches) -> None:
    for module, owner, name in _COMMANDS:
        found = getattr(import_module(module), owner)
        patches.wrap(found, name, partial(leaf, _COMMAND, asynchronous=".asyncio." in module))
    for module, owner in _PIPELINES:
        found = getattr(import_module(module), owner)
        patches.wrap(found, "execute", async_pipeline if ".asyncio." in module else pipeline)


LIBRARY = Library("redis", install=_install)
