"""Clients of caches on a server: which name and level their look-ups are counted under."""

from typing import Any

from .level import Level, level_of

_KEPT = "_tachograph_level"
_DEFAULT_LEVEL = "L2"


def named_client(client: Any, level: Level) -> Any:
    """Have a client's look-ups counted under a name and level."""
    vars(client)[_KEPT] = level
    return client


def level_of_client(client: Any, system: str) -> Level:
    """Return what a client's look-ups are counted under: its name, or that of its system."""
    kept: Level | None = vars(client).get(_KEPT)
    return kept if kept is not None else level_of(system, _DEFAULT_LEVEL)
