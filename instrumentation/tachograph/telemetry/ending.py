"""Ends of processes at which atexit is not heard: forked children of multiprocessing, and uvicorn told to terminate."""

import functools
import sys
from collections.abc import Callable
from typing import Any

from . import pools

_watched: set[str] = set()
_Put = tuple[Any, Any, Any]
_put: list[_Put] = []
"""Where a function of ours was put, what stood there before, and ours."""


def watch(flush: Callable[[], object]) -> None:
    """Have `flush` called when uvicorn, if it is imported by now, has answered its last request; until `forget`.

    It then raises the signal that it was ended by again, with whatever handler was there before it came: for SIGTERM
    that is the system's, and the process is gone at once.
    """
    pools.watch()
    server = getattr(sys.modules.get("uvicorn.server"), "Server", None)
    if server is None or not hasattr(server, "shutdown") or _put:
        return
    before = server.shutdown

    @functools.wraps(before)
    async def shutdown(*arguments: Any, **named: Any) -> Any:
        try:
            return await before(*arguments, **named)
        finally:
            if _put:
                flush()  # in the loop's thread: nobody is served any more

    server.shutdown = shutdown
    _put.append((server, before, shutdown))


def forget() -> None:
    """Put back what was there; under what somebody has wrapped around it since, ours does nothing from now on."""
    pools.forget()
    while _put:
        server, before, after = _put.pop()
        if server.shutdown is after:
            server.shutdown = before


def watch_child(owner: object, stop: Callable[[], None]) -> None:
    """Have `stop` called at the end of a process of multiprocessing or billiard, which comes without atexit."""
    for package in ("multiprocessing", "billiard"):
        util, process = sys.modules.get(f"{package}.util"), sys.modules.get(f"{package}.process")
        if util is None or package in _watched:
            continue
        _watched.add(package)
        # Finalizers that are there when a child begins are its parent's and are cleared; these come afterwards.
        util.register_after_fork(owner, lambda _, util=util: _watch_own_end(util, stop))
        if getattr(process, "parent_process", lambda: None)() is not None:
            util.Finalize(None, stop, exitpriority=-1)


def _watch_own_end(util: Any, stop: Callable[[], None]) -> None:
    util.Finalize(None, stop, exitpriority=-1)
    celery = getattr(sys.modules.get("celery.signals"), "worker_process_shutdown", None)
    if celery is not None:  # its workers leave by os._exit, and say so with this signal
        celery.connect(lambda **_: stop(), weak=False, dispatch_uid="tachograph")
