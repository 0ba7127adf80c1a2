"""Locks and threads of the operating system, also where gevent has put its own in their place.

Under gevent a thread of `threading` is a greenlet, and what waits in it holds up the application.
"""

import sys
import threading
from _thread import LockType
from collections.abc import Callable
from typing import Any


def lock() -> LockType:
    """Return a lock."""
    made: LockType = _original("_thread", "allocate_lock")()
    return made


def ident() -> int:
    """Return which thread this is."""
    found: int = _original("_thread", "get_ident")()
    return found


def start(run: Callable[[], None], name: str) -> None:
    """Start a thread that does not keep the process from its end."""
    if _gevent() is None:
        threading.Thread(target=run, name=name, daemon=True).start()
    else:
        _original("_thread", "start_new_thread")(run, ())


def _original(module: str, name: str) -> Any:
    monkey = _gevent()
    return getattr(sys.modules[module], name) if monkey is None else monkey.get_original(module, name)


def _gevent() -> Any:
    """Return gevent's monkey where it has replaced threads."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey if monkey is not None and monkey.is_module_patched("_thread") else None
