"""A model provider on loopback that speaks the OpenAI wire format and can be told to be slow or to fail."""

from .conduct import Conduct, Settings
from .server import Provider

__all__ = ["Conduct", "Provider", "Settings"]
