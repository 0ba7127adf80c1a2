"""Pipelines of Redis: one call each, whose commands are looked at once."""

from collections.abc import Sequence
from typing import Any

from .. import call as calls
from .. import names
from ..harmless import harmless
from ..model import NO_OUTCOME, Call, Outcome, SharedAttributes
from ..telemetry.hub import HUB
from ..wrap import Function, Switch
from .redis_errors import failure
from .redis_lookups import GETS, LOOKUPS, STORES, counted
from .redis_servers import Server, server_of

_SIZES_LIMIT = 1_000
_sizes: dict[int, SharedAttributes] = {}


def pipeline(function: Function, switch: Switch) -> Function:
    """Measure a pipeline's `execute`."""

    def execute(pipeline: Any, *args: Any, **kwargs: Any) -> Any:
        batch = _begun(pipeline, switch) if switch.on else None
        if batch is None:
            return function(pipeline, *args, **kwargs)
        try:
            results = function(pipeline, *args, **kwargs)
        except BaseException as error:
            batch.fail(error)
            raise
        batch.end(results)
        return results

    return execute


def async_pipeline(function: Function, switch: Switch) -> Function:
    """Measure an asyncio pipeline's `execute`."""

    async def execute(pipeline: Any, *args: Any, **kwargs: Any) -> Any:
        batch = _begun(pipeline, switch) if switch.on else None
        if batch is None:
            return await function(pipeline, *args, **kwargs)
        try:
            results = await function(pipeline, *args, **kwargs)
        except BaseException as error:
            batch.fail(error)
            raise
        batch.end(results)
        return results

    return execute


class _Batch:
    """The commands of a pipeline that is being executed."""

    __slots__ = ("_call", "_commands", "_kinds", "_server")

    def __init__(self, server: Server, commands: Sequence[Sequence[Any]], kinds: set[Any], call: Call | None) -> None:
        self._server = server
        self._commands = commands
        self._kinds = kinds
        self._call = call

    def end(self, results: Sequence[Any]) -> None:
        """End the call, and read the answers."""
        try:
            self._read(results)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("a pipeline's end")

    def _read(self, results: Sequence[Any]) -> None:
        """Read the answers, among which errors are where they are not to be raised."""
        answered = set(map(type, results))
        failed = any(issubclass(kind, Exception) for kind in answered)
        if self._call is not None:
            calls.finish(self._call, _first_error(results) if failed else NO_OUTCOME)
        level, kinds = self._server.level, self._kinds
        if kinds <= GETS and not failed and type(None) not in answered:
            level.hits(len(results))
        elif not LOOKUPS.keys().isdisjoint(kinds) or (level.pending and not STORES.keys().isdisjoint(kinds)):
            for command, result in zip(self._commands, results, strict=False):
                counted(level, command, result)

    @harmless
    def fail(self, error: BaseException) -> None:
        """Take note of the error that was raised."""
        if self._call is not None:
            calls.fail(self._call, error, failure(error))


@harmless
def _begun(pipeline: Any, switch: Switch) -> _Batch | None:
    commands = _queued(pipeline)
    if not commands:
        return None
    server, kinds = server_of(pipeline), {command[0] for command in commands}
    in_transaction = _in_transaction(pipeline)
    if len(commands) == 1 and not in_transaction:
        shape = server.shape(commands[0][0])
    else:
        shape = server.batch("MULTI" if in_transaction else "PIPELINE", next(iter(kinds)) if len(kinds) == 1 else "")
    call = calls.begin(shape, switch.spans)
    if call is not None and call.sampled and len(commands) != 1:
        call.attributes = _size(len(commands))
    return _Batch(server, commands, kinds, call)


def _size(commands: int) -> SharedAttributes:
    size = _sizes.get(commands)
    if size is None:
        if len(_sizes) >= _SIZES_LIMIT:
            _sizes.clear()
        size = _sizes[commands] = SharedAttributes({names.DB_OPERATION_BATCH_SIZE: commands})
    return size


def _first_error(results: Sequence[Any]) -> Outcome:
    return failure(next(answer for answer in results if isinstance(answer, Exception)))


def _in_transaction(pipeline: Any) -> bool:
    # The asyncio pipeline names the same thing otherwise; a cluster's has another strategy for it.
    told = vars(pipeline)
    if told.get("transaction") is True or told.get("is_transaction") or told.get("explicit_transaction"):
        return True
    return "Transaction" in type(told.get("_execution_strategy")).__name__


def _queued(pipeline: Any) -> list[Sequence[Any]]:
    """Return the commands that wait in a pipeline."""
    strategy = getattr(pipeline, "_execution_strategy", pipeline)
    for name in ("command_stack", "_command_stack", "command_queue", "_command_queue"):
        queue = getattr(strategy, name, None) or getattr(pipeline, name, None)
        if queue:
            return [command.args for command in queue] if hasattr(queue[0], "args") else [each[0] for each in queue]
    return []
