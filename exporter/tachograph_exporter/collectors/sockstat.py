"""Sockets in use by protocol, from /proc/net/sockstat and /proc/net/sockstat6."""

import os
from collections.abc import Iterator, Sequence

from ..exposition.metric import Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class SocketStatistics(Collector):
    """Reads how many sockets of each protocol there are, and the memory they hold (kernel: net/ipv4/proc.c)."""

    name = "sockstat"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._kept: dict[bytes, Sequence[Metric]] = {}

    def collect(self) -> Iterator[Metric]:
        """Yield node_sockstat_PROTOCOL_COUNTER; memory that the kernel counts in pages also in bytes."""
        data = self.files.proc_if_any("net/sockstat") + self.files.proc_if_any("net/sockstat6")
        self._kept = {line: self._kept.get(line) or tuple(_line_metrics(line)) for line in data.splitlines()}
        for metrics in self._kept.values():
            yield from metrics


def _line_metrics(line: bytes) -> Iterator[Metric]:
    raw, *pairs = line.split()
    protocol = raw[:-1].decode()
    for key, value in zip(pairs[::2], pairs[1::2], strict=False):
        yield from _socket_metrics(protocol, key.decode(), float(value))


def _socket_metrics(protocol: str, key: str, value: float) -> Iterator[Metric]:
    if protocol == "sockets":
        yield gauge("node_sockstat_sockets_used", "IPv4 sockets in use.", value)
        return
    documentation = f"Number of {protocol} sockets in state {key}."
    yield gauge(f"node_sockstat_{protocol}_{key}", documentation, value)
    if key == "mem":
        documentation = f"Number of {protocol} sockets in state mem_bytes."
        yield gauge(f"node_sockstat_{protocol}_mem_bytes", documentation, value * _PAGE_BYTES)
