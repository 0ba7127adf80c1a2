"""All that a user can set, as values: the sections of the configuration file and of the flags."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .address import Address
from .collectors import COLLECTORS
from .collectors.options import Options, at_least_one, checked, not_negative, option, positive
from .convert import Mismatch
from .host import Host

_PATH = re.compile(r"/[A-Za-z0-9/_.~-]+")
_TAKEN = ("/-/", "/api/", "/static/")


def _addresses(addresses: tuple[Address, ...]) -> None:
    if not addresses:
        raise Mismatch("must have an address, such as 127.0.0.1:9100")
    twice = [address for address in addresses if addresses.count(address) > 1 and address.port]
    if twice:
        raise Mismatch(f"{twice[0]} is there twice")


def _page(path: str) -> None:
    if not _PATH.fullmatch(path):
        raise Mismatch(f"must be a path like /metrics, not {path!r}")
    if path.startswith(_TAKEN):
        raise Mismatch(f"{path} is taken")


@dataclass(frozen=True, slots=True)
class Web(Options):
    """The listener that Prometheus and people use."""

    listen_address: tuple[Address, ...] = checked(
        (Address("127.0.0.1", 9100),), "Where to serve metrics: HOST:PORT, or :PORT for every interface.", _addresses
    )
    telemetry_path: str = checked("/metrics", "Path under which metrics are served.", _page)
    config_file: Path | None = option(None, "File with TLS and basic auth, in the format of Prometheus' exporters.")
    max_requests: int = checked(40, "How many scrapes may be under way or waiting; 0 is no limit.", not_negative)
    enable_lifecycle: bool = option(default=False, documentation="Let a POST to /-/reload read the configuration anew.")
    disable_exporter_metrics: bool = option(
        default=False, documentation="Leave out the metrics on the exporter itself (process_*)."
    )


@dataclass(frozen=True, slots=True)
class Otlp(Options):
    """The receiver of applications' metrics and spans, and the store behind it."""

    enabled: bool = option(default=True, documentation="Receive metrics and spans from applications by OTLP.")
    listen_address: tuple[Address, ...] = checked(
        (Address("127.0.0.1", 4318),), "Where to receive over HTTP: HOST:PORT.", _addresses
    )
    config_file: Path | None = option(None, "File with TLS and basic auth for the receiver, like web.config_file.")
    grpc: bool = option(default=False, documentation="Receive over gRPC too; needs pip install 'tachograph[grpc]'.")
    grpc_listen_address: tuple[Address, ...] = checked(
        (Address("127.0.0.1", 4317),), "Where to receive over gRPC: HOST:PORT.", _addresses
    )
    metrics: bool = option(default=True, documentation="Take metrics.")
    traces: bool = option(default=True, documentation="Take spans: the last traces are kept for /api/v1/traces.")
    scope_labels: bool = option(default=True, documentation="Label series with otel_scope_name and the like.")
    instance_label: bool = option(
        default=False, documentation="Keep service_instance_id: each process' series by themselves instead of summed."
    )
    max_body_bytes: int = checked(8 * 1024 * 1024, "Largest request, after decompression.", at_least_one)
    max_series_per_metric: int = checked(5_000, "Past it, new series are counted in one.", at_least_one)
    max_series: int = checked(20_000, "The same for all metrics together.", at_least_one)
    max_streams: int = checked(100_000, "Series of single processes; past it, new ones are refused.", at_least_one)
    max_processes: int = checked(5_000, "Processes that are known at once.", at_least_one)
    max_label_length: int = checked(256, "Characters of a label's value; the rest is cut off.", at_least_one)
    gauge_expiry: float = checked(300.0, "Seconds after which a silent process' gauges are gone.", positive)
    process_expiry: float = checked(3_600.0, "Seconds after which a silent process is forgotten.", positive)
    counter_expiry: float = checked(86_400.0, "Seconds after which what it counted is gone too.", positive)
    max_traces: int = checked(200, "How many of the last traces are kept.", at_least_one)


@dataclass(frozen=True, slots=True)
class Paths(Options):
    """Where the host's file systems are; inside a container they are mounted elsewhere."""

    procfs: Path = option(Path("/proc"), "The host's /proc.")
    sysfs: Path = option(Path("/sys"), "The host's /sys.")
    rootfs: Path = option(Path("/"), "The host's root file system.")


@dataclass(frozen=True, slots=True)
class Scraping(Options):
    """How long things may take."""

    collector_deadline: float = checked(4.0, "Seconds after which a scrape goes on without a collector.", positive)
    deadline: float = checked(9.5, "Seconds after which a scrape answers with what it has.", positive)


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
