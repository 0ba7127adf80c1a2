"""Hooks on the import of modules that may never come."""

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType


def on_import(module: str, hook: Callable[[ModuleType], None]) -> None:
    """Call `hook` with the module now if it is imported, else when it is."""
    import wrapt  # noqa: PLC0415 - it takes 30 ms, which an application that instruments nothing is not to pay

    wrapt.register_post_import_hook(hook, module)


def installed(name: str) -> bool:
    """Tell whether a module can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # of the package that it would be in; of what stands in for it, in a test
        return name in sys.modules
