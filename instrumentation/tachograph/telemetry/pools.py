"""Pools of multiprocessing: idle workers end by themselves, and send what they counted, before a signal ends them."""

import functools
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_SECONDS = 2.0
_put: dict[str, Callable[[], None]] = {}
"""What was replaced, and how it is put back."""
_watching: list[bool] = [False]


def watch() -> None:
    """Look after pools; their module is imported late, so that each process that is started is a reason to look."""
    _watching[0] = True
    process = getattr(sys.modules.get("multiprocessing.process"), "BaseProcess", None)
    if process is not None:
        _replace(process, "start", _starting)
    _watch_pools()
    _watch_forks()


def forget() -> None:
    """Put back what was there."""
    _watching[0] = False
    while _put:
        _put.popitem()[1]()


def _watch_pools() -> None:
    pool = getattr(sys.modules.get("multiprocessing.pool"), "Pool", None)
    if _watching[0] and hasattr(pool, "_terminate_pool"):
        _replace(pool, "_terminate_pool", _terminating)


def _replace(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    if name in _put:
        return
    before = vars(owner)[name]
    after = wrap(before)
    setattr(owner, name, after)

    def put_back() -> None:
        if vars(owner)[name] is after:
            setattr(owner, name, before)

    _put[name] = put_back


def _starting(before: Any) -> Any:
    @functools.wraps(before)
    def start(self: Any) -> None:
        _watch_pools()
        before(self)

    return start


def _terminating(before: Any) -> Any:
    terminate = before.__func__

    @functools.wraps(terminate)
    def terminate_pool(cls: Any, *arguments: Any) -> Any:
        with suppress(Exception):  # they are the pool's insides, of which a later Python may have others
            _let_go(cls, *arguments)
        return terminate(cls, *arguments)

    return classmethod(terminate_pool)


def _let_go(cls: Any, *arguments: Any) -> None:
    """Do what Pool.close() does, if there is no work left, and wait for the workers."""
    module = sys.modules["multiprocessing.pool"]
    _tasks, _inqueue, _outqueue, workers, notifier, handler, *_handlers, cache = arguments
    if cache or handler._state != module.RUN or issubclass(cls, module.ThreadPool):  # noqa: SLF001 - see above
        return
    handler._state = module.CLOSE  # noqa: SLF001 - see above
    notifier.put(None)
    deadline = time.monotonic() + _SECONDS
    for worker in list(workers):
        worker.join(max(0.0, deadline - time.monotonic()))


@functools.cache  # once a process
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_watch_pools)
