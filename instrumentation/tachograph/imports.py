"""Hooks on the import of modules that may never come."""

from collections.abc import Callable
from types import ModuleType


def on_import(module: str, hook: Callable[[ModuleType], None]) -> None:
    """Call `hook` with the module now if it is imported, else when it is."""
    import wrapt  # noqa: PLC0415 - it takes 30 ms, which an application that instruments nothing is not to pay

    wrapt.register_post_import_hook(hook, module)
