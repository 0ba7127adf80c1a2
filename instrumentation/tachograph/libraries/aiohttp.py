"""aiohttp: its client's requests are the attempts behind calls of models."""

from typing import Any

import aiohttp

from ..llm.attempts import watched_async
from ..model import Library


def _install(patches: Any) -> None:
    patches.beside(aiohttp.ClientSession, "_request", watched_async)


LIBRARY = Library("aiohttp", install=_install)
