"""All that a user can set, as values: the sections of the configuration file and of the flags."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .address import Address
from .collectors import COLLECTORS
from .collectors.options import Options, option
from .convert import Mismatch
from .host import Host

_PATH = re.compile(r"/[A-Za-z0-9/_.~-]+")
_TAKEN = ("/-/", "/api/", "/static/")


def _checked(default: Any, documentation: str, check: Callable[[Any], None]) -> Any:
    return field(default=default, metadata={"documentation": documentation, "check": check})


def _not_negative(value: float) -> None:
    if value < 0:
        raise Mismatch(f"must be 0 or more, not {value}")


def _positive(value: float) -> None:
    if not value > 0:
        raise Mismatch(f"must be more than 0, not {value}")


def _page(path: str) -> None:
    if not _PATH.fullmatch(path):
        raise Mismatch(f"must be a path like /metrics, not {path!r}")
    if path.startswith(_TAKEN) or path == "/style.css":
        raise Mismatch(f"{path} is taken")


@dataclass(frozen=True, slots=True)
class Web(Options):
    """The listener that Prometheus and people use."""

    listen_address: tuple[Address, ...] = option(
        (Address("127.0.0.1", 9100),), "Where to serve metrics: HOST:PORT, or :PORT for every interface."
    )
    telemetry_path: str = _checked("/metrics", "Path under which metrics are served.", _page)
    config_file: Path | None = option(None, "File with TLS and basic auth, in the format of Prometheus' exporters.")
    max_requests: int = _checked(40, "How many scrapes may be under way or waiting; 0 is no limit.", _not_negative)
    enable_lifecycle: bool = option(default=False, documentation="Let a POST to /-/reload read the configuration anew.")
    disable_exporter_metrics: bool = option(
        default=False, documentation="Leave out the metrics on the exporter itself (process_*)."
    )


@dataclass(frozen=True, slots=True)
class Otlp(Options):
    """The receiver of applications' metrics and spans."""

    enabled: bool = option(default=True, documentation="Receive metrics from applications by OTLP/HTTP.")
    listen_address: tuple[Address, ...] = option((Address("127.0.0.1", 4318),), "Where to receive: HOST:PORT.")
    config_file: Path | None = option(None, "File with TLS and basic auth for the receiver, like web.config_file.")


@dataclass(frozen=True, slots=True)
class Paths(Options):
    """Where the host's file systems are; inside a container they are mounted elsewhere."""

    procfs: Path = option(Path("/proc"), "The host's /proc.")
    sysfs: Path = option(Path("/sys"), "The host's /sys.")
    rootfs: Path = option(Path("/"), "The host's root file system.")


@dataclass(frozen=True, slots=True)
class Scraping(Options):
    """How long things may take."""

    collector_deadline: float = _checked(4.0, "Seconds after which a scrape goes on without a collector.", _positive)
    deadline: float = _checked(9.5, "Seconds after which a scrape answers with what it has.", _positive)


SECTIONS: Mapping[str, type[Options]] = {"web": Web, "otlp": Otlp, "path": Paths, "scrape": Scraping}
COLLECTOR_TYPES = {collector.name: collector for collector in COLLECTORS}


@dataclass(frozen=True)
class Settings:
    """Everything that was set; a collector that is not in `collectors` is switched off."""

    web: Web = field(default_factory=Web)
    otlp: Otlp = field(default_factory=Otlp)
    path: Paths = field(default_factory=Paths)
    scrape: Scraping = field(default_factory=Scraping)
    collectors: Mapping[str, Options] = field(default_factory=dict)

    @property
    def host(self) -> Host:
        """The host to read."""
        return Host(self.path.procfs, self.path.sysfs, self.path.rootfs)
