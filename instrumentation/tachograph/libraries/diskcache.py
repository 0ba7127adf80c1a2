"""diskcache: a cache by `tachograph.cache`; what it asks SQLite is its own business and is not measured."""

import _sqlite3
import types
from typing import Any

import diskcache.core

from ..model import Library
from ..patches import Patches


def _unmeasured(module: Any) -> Any:
    """Return a module like sqlite3 whose connections are SQLite's own."""
    copy = types.ModuleType(module.__name__, module.__doc__)
    vars(copy).update(vars(module), connect=_sqlite3.connect)
    return copy


def _install(patches: Patches) -> None:
    patches.replace(diskcache.core, "sqlite3", _unmeasured)


LIBRARY = Library("diskcache", install=_install)
