"""httpx2: its requests are the attempts behind calls of models."""

from typing import Any

import httpx2

from ..model import Library
from .httpx import watch


def _install(patches: Any) -> None:
    watch(patches, httpx2)


LIBRARY = Library("httpx2", install=_install)
