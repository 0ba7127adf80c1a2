"""Sockets in use by protocol, from /proc/net/sockstat and /proc/net/sockstat6."""

import os
from collections.abc import Iterator

from ..exposition.metric import Metric, gauge
from .collector import Collector
from .files import fields

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class SocketStatistics(Collector):
    """Reads how many sockets of each protocol there are, and the memory they hold (kernel: net/ipv4/proc.c)."""

    name = "sockstat"

    def collect(self) -> Iterator[Metric]:
        """Yield node_sockstat_PROTOCOL_COUNTER; memory that the kernel counts in pages also in bytes."""
        for file in ("net/sockstat", "net/sockstat6"):
            for raw, *pairs in fields(self.files.proc_if_any(file)):
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
