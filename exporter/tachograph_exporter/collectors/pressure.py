"""How long tasks were held up for want of CPU, I/O and memory, from /proc/pressure."""

from collections.abc import Iterator

from ..exposition.metric import Metric, counter
from .collector import Collector, NoData

# The line of the file, the metric's word for it, what it says (kernel: Documentation/accounting/psi.rst).
_WAITING = ("some", "waiting", "Seconds in which tasks waited")
_STALLED = ("full", "stalled", "Seconds in which no task could go on")
_RESOURCES = {"cpu": (_WAITING,), "io": (_WAITING, _STALLED), "irq": (_STALLED,), "memory": (_WAITING, _STALLED)}


class Pressure(Collector):
    """Reads the kernel's pressure stall information (PSI)."""

    name = "pressure"

    def collect(self) -> Iterator[Metric]:
        """Yield the seconds lost, by resource; interrupts' came with Linux 6.1."""
        found = False
        for resource, lines in _RESOURCES.items():
            totals = stall_seconds(self._stalls(resource))
            for line, state, documentation in lines:
                if line in totals:
                    found = True
                    name = f"node_pressure_{resource}_{state}_seconds_total"
                    yield counter(name, f"{documentation} for {resource}.", totals[line])
        if not found:
            raise NoData("the kernel has no PSI; boot it with psi=1")

    def _stalls(self, resource: str) -> bytes:
        try:
            return self.files.proc_if_any(f"pressure/{resource}")
        except OSError:  # EOPNOTSUPP: built in, and switched off
            return b""


def stall_seconds(data: bytes) -> dict[str, float]:
    """Return the seconds of each line of a pressure file, whose last word is total=MICROSECONDS."""
    lines = (line.partition(b" ") for line in data.splitlines())
    return {kind.decode(): float(rest.rpartition(b"total=")[2]) / 1_000_000 for kind, _, rest in lines}
