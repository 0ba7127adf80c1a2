"""httpx: its requests are the attempts behind calls of models."""

from types import ModuleType
from typing import Any

import httpx

from ..llm.attempts import watched, watched_async
from ..model import Library


def watch(patches: Any, module: ModuleType) -> None:
    """Watch the clients of httpx, or of what is made after it."""
    patches.replace(module.Client, "send", watched)
    patches.replace(module.AsyncClient, "send", watched_async)


def _install(patches: Any) -> None:
    watch(patches, httpx)


LIBRARY = Library("httpx", install=_install)
