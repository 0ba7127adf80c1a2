"""requests: its requests are the attempts behind calls of models."""

from typing import Any

import requests

from ..llm.attempts import watched
from ..model import Library


def _install(patches: Any) -> None:
    patches.beside(requests.Session, "send", watched)


LIBRARY = Library("requests", install=_install)
