"""What every collector of host metrics is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from ..exposition.metric import Metric
from ..host import Host


class NoData(Exception):  # noqa: N818 - a state of the host, not a fault; node_exporter's word for it
    """The host has none of what the collector reads; the message says why and what would give it."""


class Collector(ABC):
    """Reads one subject of the host. Its errors rise: the scrape reports them and serves the rest."""

    name: ClassVar[str]

    def __init__(self, host: Host) -> None:
        self.host = host

    @abstractmethod
    def collect(self) -> Iterator[Metric]:
        """Yield the subject's metrics as they are now; raise NoData where the host has none."""
