"""Bytes that wait in the queues of UDP sockets, from /proc/net/udp and /proc/net/udp6."""

import re
from collections.abc import Iterator

from ..exposition.metric import Labels, Metric
from .collector import Collector, NoData

_SOCKET = re.compile(rb"^ *\d+: \S+ \S+ .. (.{8}):(.{8}) ", re.MULTILINE)


class UdpQueues(Collector):
    """Sums the queues of all UDP sockets (kernel: net/ipv4/udp.c, udp4_format_sock)."""

    name = "udp_queues"

    def collect(self) -> Iterator[Metric]:
        """Yield node_udp_queues by queue and version of IP."""
        rows: list[tuple[Labels, float]] = []
        for version, file in (("v4", "net/udp"), ("v6", "net/udp6")):
            data = self.files.proc_if_any(file)
            if data:
                sockets = _SOCKET.findall(data)
                rows.append((("tx", version), float(sum(int(sending, 16) for sending, _ in sockets))))
                rows.append((("rx", version), float(sum(int(received, 16) for _, received in sockets))))
        if not rows:
            raise NoData("the kernel has no IP")
        yield Metric("node_udp_queues", "gauge", "Bytes in the queues of UDP sockets.", ("queue", "ip"), rows)
