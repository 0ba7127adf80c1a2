"""aiosqlite: sqlite3 in a thread of its own, measured there; here each call is given its caller's context."""

from contextvars import copy_context
from typing import Any

import aiosqlite.core

from ..model import Library
from ..patches import Patches
from ..wrap import Function, Switch


def _execute(function: Function, switch: Switch) -> Function:
    async def execute(connection: Any, called: Function, *args: Any, **kwargs: Any) -> Any:
        if not switch.on:
            return await function(connection, called, *args, **kwargs)
        return await function(connection, copy_context().run, called, *args, **kwargs)

    return execute


def _install(patches: Patches) -> None:
    patches.wrap(aiosqlite.core.Connection, "_execute", _execute)


LIBRARY = Library("aiosqlite", install=_install)
