"""Tracked connections and their limit, from /proc/sys/net/netfilter and /proc/net/stat."""

from collections.abc import Iterator, Sequence

from ..exposition.metric import Metric, gauge
from ..host import Host
from .collector import Collector, NoData
from .files import fields
from .options import Options

_COLUMNS = ("drop", "early_drop", "found", "ignore", "insert", "insert_failed", "invalid", "search_restart")


class ConnectionTracking(Collector):
    """Reads netfilter's table of connections (kernel: Documentation/networking/nf_conntrack-sysctl.rst)."""

    name = "conntrack"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._made: tuple[bytes, Sequence[Metric]] = b"-", ()

    def collect(self) -> Iterator[Metric]:
        """Yield the table's size, its limit and what became of packets, summed over the cores."""
        try:
            entries = self.files.proc("sys/net/netfilter/nf_conntrack_count")
        except FileNotFoundError:
            raise NoData("the kernel's nf_conntrack module is not loaded") from None
        limit = self.files.proc("sys/net/netfilter/nf_conntrack_max")
        yield gauge("node_nf_conntrack_entries", "Connections that are tracked.", float(entries))
        yield gauge("node_nf_conntrack_entries_limit", "Connections that can be tracked.", float(limit))
        data = self.files.proc_if_any("net/stat/nf_conntrack")
        if data != self._made[0]:
            self._made = data, tuple(_totals(data))
        yield from self._made[1]


def _totals(data: bytes) -> Iterator[Metric]:
    header, *cores = list(fields(data)) or [[]]
    totals = {name.decode(): sum(int(core[at], 16) for core in cores) for at, name in enumerate(header)}
    for column in _COLUMNS:
        documentation = f"Connection tracking statistic {column}, of all cores."
        yield gauge(f"node_nf_conntrack_stat_{column}", documentation, float(totals.get(column, 0)))
