"""Memory, from /proc/meminfo."""

from collections.abc import Iterator, Mapping

from ..exposition.metric import Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options
from .unchanged import Lines

_TOTAL, _AVAILABLE = "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes"
_SWAP, _SWAP_FREE = "node_memory_SwapTotal_bytes", "node_memory_SwapFree_bytes"
_SHARED_OUT = frozenset((_TOTAL, _AVAILABLE, _SWAP, _SWAP_FREE))


class Memory(Collector):
    """Reads every field that the kernel gives (kernel: Documentation/filesystems/proc.rst, meminfo)."""

    name = "meminfo"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._lines = Lines(_field)

    def collect(self) -> Iterator[Metric]:
        """Yield node_memory_* of each field, in bytes where the kernel counts in kB, and the shares in use."""
        metrics = self._lines.metrics(self.files.proc("meminfo"))
        yield from metrics
        values = {metric.name: metric.rows[0][1] for metric in metrics if metric.name in _SHARED_OUT}
        yield from _ratios({name: value for name, value in values.items() if isinstance(value, float)})


def _field(line: bytes) -> Metric:
    field, _, rest = line.partition(b":")
    amount, *unit = rest.split()
    key = field.decode().replace("(", "_").replace(")", "") + ("_bytes" if unit else "")
    value = float(amount) * 1024 if unit else float(amount)
    return gauge(f"node_memory_{key}", f"Memory information field {key}.", value)


def _ratios(values: Mapping[str, float]) -> Iterator[Metric]:
    total, available = values.get(_TOTAL), values.get(_AVAILABLE)
    if total and available is not None:
        ratio = 1 - available / total
        yield gauge("tachograph_memory_utilization_ratio", "Memory that is not available, 0 to 1.", ratio)
    swap, free = values.get(_SWAP), values.get(_SWAP_FREE)
    if swap is not None and free is not None:
        ratio = 1 - free / swap if swap else 0.0
        yield gauge("tachograph_swap_utilization_ratio", "Swap in use, 0 to 1; 0 where there is none.", ratio)
