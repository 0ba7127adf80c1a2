"""httpx2: its requests are the attempts behind calls of models."""

from functools import partial

import httpx2

from ..llm.attempts import watch_clients
from ..model import Library

LIBRARY = Library("httpx2", install=partial(watch_clients, httpx2))
