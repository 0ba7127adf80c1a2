"""All that was read before the exporter starts."""

from dataclasses import dataclass

from ..collectors.probes import ProbeOptions
from ..settings import Settings
from ..web_config import WebConfig


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings, and what protects each of the two listeners."""

    settings: Settings
    web: WebConfig
    otlp: WebConfig

    @property
    def uses_tls(self) -> bool:
        """Whether something listens or probes with TLS."""
        probes = self.settings.collectors.get("probes")
        targets = probes.targets if isinstance(probes, ProbeOptions) else ()
        return bool(self.web.tls or self.otlp.tls or any(target.address.scheme == "https" for target in targets))
