"""Tracked connections and their limit, from /proc/sys/net/netfilter and /proc/net/stat."""

from collections.abc import Iterator

from ..exposition.metric import Metric, gauge
from .collector import Collector, NoData
from .files import fields

_COLUMNS = ("drop", "early_drop", "found", "ignore", "insert", "insert_failed", "invalid", "search_restart")


class ConnectionTracking(Collector):
    """Reads netfilter's table of connections (kernel: Documentation/networking/nf_conntrack-sysctl.rst)."""

    name = "conntrack"

    def collect(self) -> Iterator[Metric]:
        """Yield the table's size, its limit and what became of packets, summed over the cores."""
        try:
            entries = self.files.proc("sys/net/netfilter/nf_conntrack_count")
        except FileNotFoundError:
            raise NoData("the kernel's nf_conntrack module is not loaded") from None
        limit = self.files.proc("sys/net/netfilter/nf_conntrack_max")
        yield gauge("node_nf_conntrack_entries", "Connections that are tracked.", float(entries))
        yield gauge("node_nf_conntrack_entries_limit", "Connections that can be tracked.", float(limit))
        header, *cores = list(fields(self.files.proc_if_any("net/stat/nf_conntrack"))) or [[]]
        totals = {name.decode(): sum(int(core[at], 16) for core in cores) for at, name in enumerate(header)}
        for column in _COLUMNS:
            documentation = f"Connection tracking statistic {column}, of all cores."
            yield gauge(f"node_nf_conntrack_stat_{column}", documentation, float(totals.get(column, 0)))
