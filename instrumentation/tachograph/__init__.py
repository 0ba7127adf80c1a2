"""Tachograph in the application: every LLM, database and cache call as a span and as metrics."""

__version__ = "0.1.0"
