"""Boot time, forks, interrupts and context switches, from /proc/stat."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..exposition.metric import Metric, counter, family, gauge
from .collector import Collector
from .files import fields
from .options import Options, option

_VECTORS = ("hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu")


@dataclass(frozen=True, slots=True)
class StatOptions(Options):
    """What is read beside the totals."""

    softirq: bool = option(default=False, documentation="Also count soft interrupts by vector.")


class Stat(Collector):
    """Reads the kernel's own totals (kernel: Documentation/filesystems/proc.rst, section 1.7)."""

    name = "stat"
    options_type = StatOptions
    options: StatOptions

    def collect(self) -> Iterator[Metric]:
        """Yield the six totals and, where asked for, soft interrupts by vector."""
        _, _, rest = self.files.proc("stat").partition(b"\nintr ")
        interrupts, _, rest = rest.partition(b" ")
        words = {word: values for word, *values in fields(rest.partition(b"\n")[2])}
        yield gauge("node_boot_time_seconds", "When the host booted, as a Unix time.", float(words[b"btime"][0]))
        yield counter("node_context_switches_total", "Context switches.", float(words[b"ctxt"][0]))
        yield counter("node_forks_total", "Forks.", float(words[b"processes"][0]))
        yield counter("node_intr_total", "Interrupts serviced.", float(interrupts))
        yield gauge("node_procs_blocked", "Processes that wait for I/O.", float(words[b"procs_blocked"][0]))
        yield gauge("node_procs_running", "Processes that could run.", float(words[b"procs_running"][0]))
        if self.options.softirq:
            rows = (((vector,), float(count)) for vector, count in zip(_VECTORS, words[b"softirq"][1:], strict=False))
            yield family("node_softirqs_total", "counter", "Soft interrupts, by vector.", ("vector",), rows)
