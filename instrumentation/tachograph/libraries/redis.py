"""redis: commands, pipelines and subscriptions of the sync and the asyncio client, and of both clusters'."""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any

from .. import names
from ..databases.rows import failed
from ..harmless import harmless
from ..model import NO_OUTCOME, NOTHING, Attributes, Call, Endpoint, Library, Outcome, Shape
from ..patches import Patches
from ..wrap import Function, Switch, measured
from .redis_lookups import LOOKUPS, STORES, counted
from .redis_servers import MAY_WAIT, server_of, word

# What an error is called on the wire, where redis-py has a class for it and leaves its name out.
_PREFIXES = {
    "AskError": "ASK",
    "AuthenticationError": "NOAUTH",
    "BusyLoadingError": "LOADING",
    "ClusterDownError": "CLUSTERDOWN",
    "ExecAbortError": "EXECABORT",
    "MasterDownError": "MASTERDOWN",
    "MovedError": "MOVED",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "ResponseError": "ERR",
    "TryAgainError": "TRYAGAIN",
}


def _command(client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape | None:
    if not args:
        return None
    server, name = server_of(client), args[0]
    if name in MAY_WAIT and ("BLOCK" in args or b"BLOCK" in args):
        return server.wait(name)
    return server.shape(name)


def _pipeline(pipeline: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape | None:
    commands = _queued(pipeline)
    if not commands:
        return None
    if len(commands) == 1 and not _in_transaction(pipeline):
        return server_of(pipeline).shape(commands[0][0])
    alike = {command[0] for command in commands}
    operation = "MULTI" if _in_transaction(pipeline) else "PIPELINE"
    return server_of(pipeline).shape(f"{operation} {word(alike.pop())}" if len(alike) == 1 else operation)


def _batch(pipeline: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Attributes:
    size = len(_queued(pipeline))
    return NOTHING if size == 1 else {names.DB_OPERATION_BATCH_SIZE: size}


def _in_transaction(pipeline: Any) -> bool:
    # The asyncio pipeline names the same thing otherwise; a cluster's has another strategy for it.
    if getattr(pipeline, "is_transaction", False) or getattr(pipeline, "explicit_transaction", False):
        return True
    return bool(getattr(pipeline, "transaction", False) is True or "Transaction" in _strategy(pipeline))


def _strategy(pipeline: Any) -> str:
    return type(getattr(pipeline, "_execution_strategy", None)).__name__


def _queued(pipeline: Any) -> list[Sequence[Any]]:
    """Return the commands that wait in a pipeline."""
    strategy = getattr(pipeline, "_execution_strategy", pipeline)
    for name in ("command_queue", "_command_queue", "command_stack", "_command_stack"):
        queue = getattr(strategy, name, None) or getattr(pipeline, name, None)
        if queue:
            return [command.args if hasattr(command, "args") else command[0] for command in queue]
    return []


def _answers(result: Any, _call: Call) -> Outcome:
    """Read a pipeline's answers, among which its errors are where they are not to be raised."""
    first = next((answer for answer in result if isinstance(answer, Exception)), None)
    return NO_OUTCOME if first is None else _error(first)


def _error(error: BaseException, _call: Call | None = None) -> Outcome:
    # A pipeline's error says first which of its commands it is of.
    first = str(error).rpartition("caused error: ")[2].partition(" ")[0]
    if first.isupper() and first.isalpha() and type(error).__name__.endswith("ResponseError"):
        return failed(first)
    return failed(_PREFIXES.get(type(error).__name__))


_COMMAND = Endpoint("redis.client:Redis.execute_command", _command, error=_error)
_PIPELINE = Endpoint("redis.client:Pipeline.execute", _pipeline, _answers, details=_batch, error=_error)
_PLACES = (
    ("redis.client", "Redis", "execute_command", _COMMAND),
    ("redis.client", "Pipeline", "immediate_execute_command", _COMMAND),
    ("redis.client", "Pipeline", "execute", _PIPELINE),
    ("redis.client", "PubSub", "execute_command", _COMMAND),
    ("redis.cluster", "RedisCluster", "execute_command", _COMMAND),
    ("redis.cluster", "ClusterPipeline", "execute", _PIPELINE),
    ("redis.asyncio.client", "Redis", "execute_command", _COMMAND),
    ("redis.asyncio.client", "Pipeline", "immediate_execute_command", _COMMAND),
    ("redis.asyncio.client", "Pipeline", "execute", _PIPELINE),
    ("redis.asyncio.client", "PubSub", "execute_command", _COMMAND),
    ("redis.asyncio.cluster", "RedisCluster", "execute_command", _COMMAND),
    ("redis.asyncio.cluster", "ClusterPipeline", "execute", _PIPELINE),
)


def _install(patches: Patches) -> None:
    for module, owner, name, endpoint in _PLACES:
        found = getattr(import_module(module), owner)
        asynchronous = ".asyncio." in module
        if endpoint is _PIPELINE:
            make = _async_pipeline if asynchronous else _sync_pipeline
        else:
            make = _async_command if asynchronous else _sync_command
        patches.wrap(found, name, partial(make, endpoint))


def _sync_command(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    method = measured(endpoint, function, switch)

    def execute_command(client: Any, *args: Any, **options: Any) -> Any:
        result = method(client, *args, **options)
        if args and switch.on and (args[0] in LOOKUPS or args[0] in STORES):
            _looked_up(client, (args,), (result,))
        return result

    return execute_command


def _async_command(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    method = measured(endpoint, function, switch)

    async def execute_command(client: Any, *args: Any, **options: Any) -> Any:
        result = await method(client, *args, **options)
        if args and switch.on and (args[0] in LOOKUPS or args[0] in STORES):
            _looked_up(client, (args,), (result,))
        return result

    return execute_command


def _sync_pipeline(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    method = measured(endpoint, function, switch)

    def execute(pipeline: Any, *args: Any, **kwargs: Any) -> Any:
        commands = _waiting(pipeline) if switch.on else ()
        results = method(pipeline, *args, **kwargs)
        _looked_up(pipeline, commands, results)
        return results

    return execute


def _async_pipeline(endpoint: Endpoint, function: Function, switch: Switch) -> Function:
    method = measured(endpoint, function, switch)

    async def execute(pipeline: Any, *args: Any, **kwargs: Any) -> Any:
        commands = _waiting(pipeline) if switch.on else ()
        results = await method(pipeline, *args, **kwargs)
        _looked_up(pipeline, commands, results)
        return results

    return execute


def _waiting(pipeline: Any) -> Sequence[Any]:
    return _lookups(pipeline) or ()


@harmless
def _lookups(pipeline: Any) -> Sequence[Any]:
    commands = _queued(pipeline)
    return commands if any(command[0] in LOOKUPS or command[0] in STORES for command in commands) else ()


@harmless
def _looked_up(client: Any, commands: Sequence[Any], results: Sequence[Any]) -> None:
    if commands:
        level = server_of(client).level
        for command, result in zip(commands, results, strict=False):
            counted(level, command, result)


LIBRARY = Library("redis", install=_install)
