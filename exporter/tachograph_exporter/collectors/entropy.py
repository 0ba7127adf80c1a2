"""The kernel's entropy, from /proc/sys/kernel/random."""

from collections.abc import Iterator

from ..exposition.metric import Metric, gauge
from .collector import Collector


class Entropy(Collector):
    """Reads how much entropy there is and how much there can be (kernel: drivers/char/random.c)."""

    name = "entropy"

    def collect(self) -> Iterator[Metric]:
        """Yield node_entropy_available_bits and node_entropy_pool_size_bits."""
        available = float(self.files.proc("sys/kernel/random/entropy_avail"))
        size = float(self.files.proc("sys/kernel/random/poolsize"))
        yield gauge("node_entropy_available_bits", "Bits of entropy that are there.", available)
        yield gauge("node_entropy_pool_size_bits", "Bits of entropy that the pool holds.", size)
