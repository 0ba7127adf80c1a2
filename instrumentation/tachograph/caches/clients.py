"""Clients of caches on a server: which name and level their look-ups are counted under."""

from typing import Any

from .level import Level, level_of

_KEPT = "_tachograph_level"
_SERVER = "_tachograph_server"
_DEFAULT_LEVEL = "L2"


def named_client(client: Any, level: Level) -> Any:
    """Have a client's look-ups counted under a name and level, and those of the clients that it is made of."""
    pool = getattr(client, "connection_pool", None)
    for holder in (client, pool, getattr(client, "nodes_manager", None)):
        if hasattr(holder, "__dict__"):
            vars(holder)[_KEPT] = level
            if _SERVER in vars(holder):
                vars(holder)[_SERVER].level = level
    for inner in getattr(client, "clients", {}).values():
        named_client(inner, level)
    return client


def level_of_client(client: Any, system: str) -> Level:
    """Return what a client's look-ups are counted under: its name, or that of its system."""
    kept: Level | None = vars(client).get(_KEPT)
    return kept if kept is not None else level_of(system, _DEFAULT_LEVEL)
