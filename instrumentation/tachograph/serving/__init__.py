"""HTTP requests that the application serves, each an entry operation."""

from .asgi import Asgi
from .frameworks import instrument, modules, uninstrument
from .wsgi import Wsgi

__all__ = ["Asgi", "Wsgi", "instrument", "modules", "uninstrument"]
