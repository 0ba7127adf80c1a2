"""All that was read before the exporter starts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..collectors.probes import ProbeOptions
from ..config import BadConfig, flag_name
from ..settings import Paths, Settings
from ..web_config import WebConfig

if TYPE_CHECKING:
    from ..rules.settings import Settings as Limits


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings, what protects each of the two listeners, and the user's limits of alerts, where there are some."""

    settings: Settings
    web: WebConfig
    otlp: WebConfig
    limits: "Limits | None" = None

    @property
    def uses_tls(self) -> bool:
        """Whether something listens or probes with TLS."""
        probes = self.settings.collectors.get("probes")
        targets = probes.targets if isinstance(probes, ProbeOptions) else ()
        return bool(self.web.tls or self.otlp.tls or any(target.address.scheme == "https" for target in targets))


def require_folders(settings: Settings) -> None:
    """Raise BadConfig where a host is to be read from a folder that is none: every collector would fail."""
    for key in ("procfs", "sysfs", "rootfs"):
        path = getattr(settings.path, key)
        if path != getattr(Paths(), key) and not path.is_dir():
            raise BadConfig(f"{flag_name('path', key)}: there is no folder {path}")
