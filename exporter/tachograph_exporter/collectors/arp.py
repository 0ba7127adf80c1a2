"""Entries of the ARP cache by interface, from /proc/net/arp."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..exposition.metric import Metric
from ..host import Host
from .collector import Collector
from .files import fields, text
from .options import Options, pattern, selector


@dataclass(frozen=True, slots=True)
class ArpOptions(Options):
    """Which interfaces are reported."""

    device_include: re.Pattern[str] | None = pattern("Interfaces to report; all others are left out.")
    device_exclude: re.Pattern[str] | None = pattern("Interfaces to leave out.")


class Arp(Collector):
    """Counts the neighbours that the kernel knows (kernel: net/ipv4/arp.c)."""

    name = "arp"
    options_type = ArpOptions
    options: ArpOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(self.options.device_include, self.options.device_exclude)

    def collect(self) -> Iterator[Metric]:
        """Yield node_arp_entries."""
        table = self.files.proc("net/arp").partition(b"\n")[2]
        entries = Counter(text(words[-1]) for words in fields(table))
        rows = [((device,), float(count)) for device, count in entries.items() if self._selected(device)]
        yield Metric("node_arp_entries", "gauge", "ARP entries, by interface.", ("device",), rows)
