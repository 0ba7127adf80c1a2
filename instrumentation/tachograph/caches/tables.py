"""Functions that look something up, such as a row of a table, and return None where there is nothing."""

import functools
import inspect
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .level import Level
from .lookup import UNKNOWN, looked_up

Function = Callable[..., Any]


def counted_lookup(function: Function, level: Level) -> Function:
    """Return the function, sync or async, with each call counted as a look-up: None is a miss."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        value = function(*args, **kwargs)
        looked_up(level, UNKNOWN, started, hit=value is not None)
        return value

    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        value = await function(*args, **kwargs)
        looked_up(level, UNKNOWN, started, hit=value is not None)
        return value

    return functools.wraps(function)(async_wrapper if inspect.iscoroutinefunction(function) else wrapper)
