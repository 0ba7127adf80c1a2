"""What runs beside the application's own calls and must never disturb them."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .telemetry.hub import HUB

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def harmless(function: Callable[Parameters, Result]) -> Callable[Parameters, Result | None]:
    """Return the function so that an error in it is counted and logged as ours, and None is returned."""

    @functools.wraps(function)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result | None:
        try:
            return function(*args, **kwargs)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed(function.__qualname__)
            return None

    return wrapper
