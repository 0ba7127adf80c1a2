"""What every collector of host metrics is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Self

from ..exposition.metric import Metric
from ..host import Host
from .files import Files
from .options import Options


class NoData(Exception):  # noqa: N818 - a state of the host, not a fault; node_exporter's word for it
    """The host has none of what the collector reads; the message says why and what would give it."""


class Collector(ABC):
    """Reads one subject of the host. Its errors rise: the scrape reports them and serves the rest.

    `collect` runs in one thread at a time; a collector may keep what it needs between two scrapes.
    """

    name: ClassVar[str]
    default: ClassVar[bool] = True
    options_type: ClassVar[type[Options]] = Options

    def __init__(self, host: Host, options: Options | None = None) -> None:
        self.host = host
        self.options = self.options_type() if options is None else options
        self.files = Files(host)

    @abstractmethod
    def collect(self) -> Iterator[Metric]:
        """Yield the subject's metrics as they are now; raise NoData where the host has none."""

    def succeed(self, before: Self) -> None:  # noqa: B027 - most remember nothing that must last
        """Go on with what a collector counted that had other options, and is closed next."""

    def close(self) -> None:
        """Close descriptors and end threads; the collector is not used again."""
        self.files.close()
