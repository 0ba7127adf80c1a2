"""Which collectors the live page samples."""

from dataclasses import replace

from ..settings import COLLECTOR_TYPES, Settings
from .host import COLLECTORS, SELDOM

_PROCESSES = "processes"


def sampled(settings: Settings) -> Settings:
    """Return a scraper's settings: of what is switched on, what is shown or alerted about; and processes."""
    chosen = {name: options for name, options in settings.collectors.items() if name in (*COLLECTORS, *SELDOM)}
    if _PROCESSES in COLLECTOR_TYPES:
        chosen[_PROCESSES] = settings.collectors.get(_PROCESSES, COLLECTOR_TYPES[_PROCESSES].options_type())
    return replace(settings, collectors=chosen)
