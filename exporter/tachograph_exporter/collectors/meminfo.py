"""Memory, from /proc/meminfo."""

from collections.abc import Iterator

from ..exposition.metric import Metric, gauge
from .collector import Collector


class Memory(Collector):
    """Reads every field that the kernel gives (kernel: Documentation/filesystems/proc.rst, meminfo)."""

    name = "meminfo"

    def collect(self) -> Iterator[Metric]:
        """Yield node_memory_* of each field, in bytes where the kernel counts in kB, and the shares in use."""
        values: dict[bytes, float] = {}
        for line in self.files.proc("meminfo").splitlines():
            field, _, rest = line.partition(b":")
            amount, *unit = rest.split()
            value = values[field] = float(amount) * 1024 if unit else float(amount)
            name, documentation = _description(field, in_bytes=bool(unit))
            yield gauge(name, documentation, value)
        yield from _ratios(values)


def _ratios(values: dict[bytes, float]) -> Iterator[Metric]:
    total, available = values.get(b"MemTotal"), values.get(b"MemAvailable")
    if total and available is not None:
        ratio = 1 - available / total
        yield gauge("tachograph_memory_utilization_ratio", "Memory that is not available, 0 to 1.", ratio)
    swap, free = values.get(b"SwapTotal"), values.get(b"SwapFree")
    if swap is not None and free is not None:
        ratio = 1 - free / swap if swap else 0.0
        yield gauge("tachograph_swap_utilization_ratio", "Swap in use, 0 to 1; 0 where there is none.", ratio)


_descriptions: dict[bytes, tuple[str, str]] = {}


def _description(field: bytes, *, in_bytes: bool) -> tuple[str, str]:
    description = _descriptions.get(field)
    if description is None:
        key = field.decode().replace("(", "_").replace(")", "") + ("_bytes" if in_bytes else "")
        description = _descriptions[field] = f"node_memory_{key}", f"Memory information field {key}."
    return description
