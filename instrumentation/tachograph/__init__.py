"""Tachograph in the application: every LLM, database and cache call as a span and as metrics."""

from .application import flush, instrument, setup, shutdown, status, uninstrument
from .cache import cache
from .operation import operation

__all__ = ["cache", "flush", "instrument", "operation", "setup", "shutdown", "status", "uninstrument"]

__version__ = "0.1.0"
