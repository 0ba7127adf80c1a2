"""What was received over OTLP, summed a service, bounded, and ready to be published."""

from .limits import Limits
from .store import Store

__all__ = ["Limits", "Store"]
