"""The OTLP receiver: what applications push, taken in for the store."""

from .options import Options
from .receiver import Receiver

__all__ = ["Options", "Receiver"]
