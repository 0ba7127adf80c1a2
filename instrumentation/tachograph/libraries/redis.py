"""redis: commands and pipelines of the sync and the asyncio client."""

from typing import Any

from .. import names
from ..databases.database import DATABASE
from ..model import Call, Endpoint, Library, Outcome, Shape

_shapes: dict[tuple[Any, ...], Shape] = {}


def _shape(client: Any, operation: str) -> Shape:
    settings = client.connection_pool.connection_kwargs
    address, port = settings.get("path") or settings.get("host", "localhost"), settings.get("port")
    key = (operation, address, port, settings.get("db", 0))
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= 1000:
            _shapes.clear()
        attributes: dict[str, str | int] = {
            names.DB_SYSTEM_NAME: "redis",
            names.DB_NAMESPACE: str(settings.get("db") or 0),
            names.DB_OPERATION_NAME: operation,
            names.SERVER_ADDRESS: address,
        }
        if port:
            attributes[names.SERVER_PORT] = port
        shape = _shapes[key] = Shape(DATABASE, operation, attributes)
    return shape


def _command(client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape:
    return _shape(client, str(args[0]).upper() if args else "")


def _pipeline(pipeline: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape | None:
    commands = {str(command[0][0]) for command in _queued(pipeline)}
    if not commands:
        return None
    operation = "MULTI" if _in_transaction(pipeline) else "PIPELINE"
    return _shape(pipeline, f"{operation} {commands.pop()}" if len(commands) == 1 else operation)


def _batch(pipeline: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> dict[str, int]:
    return {names.DB_OPERATION_BATCH_SIZE: len(_queued(pipeline))}


def _in_transaction(pipeline: Any) -> bool:
    # The asyncio pipeline names the same thing otherwise.
    return bool(pipeline.is_transaction if hasattr(pipeline, "is_transaction") else pipeline.transaction)


def _queued(pipeline: Any) -> list[Any]:
    return list(pipeline.command_stack)


def _error(error: BaseException, _call: Call) -> Outcome:
    prefix = str(error).split(" ", 1)[0]
    return Outcome(error_type=prefix if prefix.isupper() else None)


LIBRARY = Library(
    "redis",
    (
        Endpoint("redis.client:Redis.execute_command", _command, error=_error),
        Endpoint("redis.asyncio.client:Redis.execute_command", _command, error=_error),
        Endpoint("redis.client:Pipeline.execute", _pipeline, details=_batch, error=_error),
        Endpoint("redis.asyncio.client:Pipeline.execute", _pipeline, details=_batch, error=_error),
    ),
)
