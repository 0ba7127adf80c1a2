"""Packets that each core took off the network cards, from /proc/net/softnet_stat."""

from collections.abc import Iterator, Sequence

from ..exposition.metric import Kind, Labels, Metric
from .collector import Collector
from .files import fields

# Column, metric, kind, what it counts (kernel: net/core/net-procfs.c, softnet_seq_show). Older kernels end earlier.
_COLUMNS: tuple[tuple[int, str, Kind, str], ...] = (
    (11, "backlog_len", "gauge", "Packets that wait in the backlog."),
    (8, "cpu_collision_total", "counter", "Times the device's lock was taken while sending."),
    (1, "dropped_total", "counter", "Packets dropped."),
    (10, "flow_limit_count_total", "counter", "Times the flow limit was reached."),
    (0, "processed_total", "counter", "Packets processed."),
    (9, "received_rps_total", "counter", "Times the core was woken for packets steered to it."),
    (2, "times_squeezed_total", "counter", "Times packets were left over when the quota ended."),
)
_CORE = 12


class Softnet(Collector):
    """Reads what each core's network softirq did, in hexadecimal."""

    name = "softnet"

    def collect(self) -> Iterator[Metric]:
        """Yield each column that the kernel gives, by core."""
        cores = list(fields(self.files.proc("net/softnet_stat")))
        labels = [_core(line, words) for line, words in enumerate(cores)]
        for column, name, kind, documentation in _COLUMNS:
            rows = [
                (label, float(int(words[column], 16)))
                for label, words in zip(labels, cores, strict=True)
                if column < len(words)
            ]
            yield Metric(f"node_softnet_{name}", kind, documentation, ("cpu",), rows)


def _core(line: int, words: Sequence[bytes]) -> Labels:
    return (str(int(words[_CORE], 16) if len(words) > _CORE else line),)
