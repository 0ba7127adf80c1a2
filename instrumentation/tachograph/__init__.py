"""Tachograph in the application: every LLM, database and cache call as a span and as metrics."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .application import flush, instrument, setup, shutdown, status, uninstrument
from .cache import cache
from .custom import declare, record, score
from .enrichment import enrich
from .operation import operation
from .version import __version__

if TYPE_CHECKING:
    from .llm.agents import agent, tool
    from .llm.chain import fallback
    from .llm.prices import price
    from .serving import Asgi, Wsgi

__all__ = [
    "Asgi",
    "Wsgi",
    "__version__",
    "agent",
    "cache",
    "declare",
    "enrich",
    "fallback",
    "flush",
    "instrument",
    "operation",
    "price",
    "record",
    "score",
    "setup",
    "shutdown",
    "status",
    "tool",
    "uninstrument",
]

_LATER = {
    "Asgi": "serving",
    "Wsgi": "serving",
    "agent": "llm.agents",
    "fallback": "llm.chain",
    "price": "llm.prices",
    "tool": "llm.agents",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
