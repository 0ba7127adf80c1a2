"""All that was read before the exporter starts."""

from dataclasses import dataclass

from ..settings import Settings
from ..web_config import WebConfig


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings, and what protects each of the two listeners."""

    settings: Settings
    web: WebConfig
    otlp: WebConfig
