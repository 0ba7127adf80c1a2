"""Load averages, from /proc/loadavg."""

from collections.abc import Iterator

from ..exposition.metric import Metric, gauge
from .collector import Collector


class LoadAverage(Collector):
    """Reads the 1, 5 and 15 minute load averages (kernel: Documentation/filesystems/proc.rst)."""

    name = "loadavg"

    def collect(self) -> Iterator[Metric]:
        """Yield node_load1, node_load5 and node_load15."""
        one, five, fifteen, *_ = self.files.proc("loadavg").split()
        yield gauge("node_load1", "1m load average.", float(one))
        yield gauge("node_load5", "5m load average.", float(five))
        yield gauge("node_load15", "15m load average.", float(fifteen))
