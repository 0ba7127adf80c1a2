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

_PLAIN = frozenset((bytes, str, int, float, bool, type(None), list, dict))
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

    __slots__ = ("_call", "_kinds", "_queue", "_server")

    def __init__(self, server: Server, queue: Sequence[Any], kinds: set[Any], call: Call | None) -> None:
        self._server = server
        self._queue = queue
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
        failed = not answered <= _PLAIN and any(issubclass(kind, Exception) for kind in answered)
        if self._call is not None:
            calls.finish(self._call, _first_error(results) if failed else NO_OUTCOME)
        level, kinds = self._server.level, self._kinds
        if kinds <= GETS and not failed and type(None) not in answered:
            level.hits(len(results))
        elif not LOOKUPS.keys().isdisjoint(kinds) or (level.pending and not STORES.keys().isdisjoint(kinds)):
            for command, result in zip(_commands(self._queue), results, strict=False):
                counted(level, command, result)

    @harmless
    def fail(self, error: BaseException) -> None:
        """Take note of the error that was raised."""
        if self._call is not None:
            calls.fail(self._call, error, failure(error))


def _begun(pipeline: Any, switch: Switch) -> _Batch | None:
    try:
        return _batch(pipeline, switch)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("a pipeline's beginning")
        return None


def _batch(pipeline: Any, switch: Switch) -> _Batch | None:
    queue = _queued(pipeline)
    if not queue:
        return None
    server, kinds, commands = server_of(pipeline), _kinds(queue), len(queue)
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    if _in_transaction(pipeline):
        shape = server.transaction(kind)
    else:
        shape = server.pipeline(kind) if commands != 1 else server.shape(kind)
    call = calls.begin(shape, switch.spans)
    if call is not None and call.sampled and commands != 1:
        call.attributes = _size(commands)
    return _Batch(server, queue, kinds, call)


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
    # The asyncio pipeline names the same thing otherwise; a cluster's has another strategy for it. A look at the
    # pipeline's __dict__ would make one, which takes longer than these.
    return (
        getattr(pipeline, "transaction", False) is True
        or bool(getattr(pipeline, "is_transaction", False))
        or bool(getattr(pipeline, "explicit_transaction", False))
        or "Transaction" in type(getattr(pipeline, "_execution_strategy", None)).__name__
    )


def _queued(pipeline: Any) -> Sequence[Any]:
    """Return what waits in a pipeline; clients make a new list for what comes after it has run."""
    strategy = getattr(pipeline, "_execution_strategy", pipeline)
    for name in ("command_stack", "_command_stack", "command_queue", "_command_queue"):
        queue: Sequence[Any] = getattr(strategy, name, None) or getattr(pipeline, name, None) or ()
        if queue:
            return queue
    return ()


def _kinds(queue: Sequence[Any]) -> set[Any]:
    """Return the names of the commands that wait: pairs of arguments and options, or objects that have them."""
    if type(queue[0]) is tuple:
        return {arguments[0] for arguments, _ in queue}
    return {command[0] for command in _commands(queue)}


def _commands(queue: Sequence[Any]) -> list[Sequence[Any]]:
    return [each[0] if type(each) is tuple else each.args for each in queue]
