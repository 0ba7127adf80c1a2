"""asyncpg's cursors: one call each, over all its trips to the server."""

from typing import Any

from .. import call as calls
from ..databases.rows import failed
from ..databases.steps import Steps
from ..harmless import harmless
from ..patches import Patches
from ..wrap import Function, Switch
from .asyncpg_readers import database_of

# Cursors take neither attributes nor weak references: they are known by id until their end or their finaliser.
_open: dict[int, Steps] = {}


def watch_cursors(patches: Patches, module: Any) -> None:
    """Measure the cursors of `asyncpg.cursor`."""
    for name in ("_bind", "_bind_exec", "_exec"):
        patches.wrap(module.BaseCursor, name, _step)
    patches.wrap(module.Cursor, "forward", _step)
    patches.wrap(module.BaseCursor, "__del__", _finaliser)
    # What others wrap is claimed as it is: their span a row would come on top of ours a cursor.
    for owner, name in ((module.Cursor, "fetch"), (module.Cursor, "fetchrow"), (module.CursorIterator, "__anext__")):
        patches.replace(owner, name, lambda function: function)


def _step(function: Function, switch: Switch) -> Function:
    async def step(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        steps = _begun(cursor, switch) if switch.on else None
        if steps is None:
            return await function(cursor, *args, **kwargs)
        steps.resume()
        try:
            result = await function(cursor, *args, **kwargs)
        except BaseException as error:
            _open.pop(id(cursor), None)
            steps.fail(error, failed(getattr(error, "sqlstate", None)))
            raise
        steps.pause(len(result) if isinstance(result, list) else 0)
        if cursor._exhausted:  # noqa: SLF001 - asyncpg tells it nowhere else
            _end(cursor)
        return result

    return step


def _finaliser(function: Function, _switch: Switch) -> Function:
    def finalise(cursor: Any) -> None:
        _end(cursor)
        function(cursor)

    return finalise


@harmless
def _begun(cursor: Any, switch: Switch) -> Steps | None:
    steps = _open.get(id(cursor))
    if steps is None:
        call = calls.begin(database_of(cursor._connection).shape(cursor._query), switch.spans)  # noqa: SLF001
        if call is not None:
            steps = _open[id(cursor)] = Steps(call)
    return steps


def _end(cursor: Any) -> None:
    steps = _open.pop(id(cursor), None)
    if steps is not None:
        steps.end()
