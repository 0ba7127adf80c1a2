"""Attributes of the application's own on the spans of every call."""

from typing import TypeVar

from .telemetry.enriching import Enrichment
from .telemetry.hub import HUB

Function = TypeVar("Function", bound=Enrichment)


def enrich(function: Function) -> Function:
    """Ask `function(name, attributes)` for more attributes of each sampled span, as it ends in the call's own context.

    What it returns is added to the span, and to no metric; None adds nothing. It runs with each call of a library and
    each operation: what it raises is counted and logged once. Return the function, so that this is a decorator too.
    """
    HUB.enrich(function)
    return function
