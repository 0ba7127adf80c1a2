"""Tachograph in the application: every LLM, database and cache call as a span and as metrics."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .application import flush, instrument, setup, shutdown, status, uninstrument
from .cache import cache
from .custom import declare, record, score
from .operation import operation

if TYPE_CHECKING:
    from .serving import Asgi, Wsgi

__all__ = [
    "Asgi",
    "Wsgi",
    "cache",
    "declare",
    "flush",
    "instrument",
    "operation",
    "record",
    "score",
    "setup",
    "shutdown",
    "status",
    "uninstrument",
]

__version__ = "0.1.0"

_LATER = {"Asgi": "serving", "Wsgi": "serving"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
