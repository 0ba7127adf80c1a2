"""httpx: its requests are the attempts behind calls of models."""

from functools import partial

import httpx

from ..llm.attempts import watch_clients
from ..model import Library

LIBRARY = Library("httpx", install=partial(watch_clients, httpx))
