"""TCP connections by state, in one pass over /proc/net/tcp and /proc/net/tcp6."""

import re
from collections import Counter
from collections.abc import Iterator

from ..exposition.metric import Metric
from .collector import Collector

# A socket's line: its number, two addresses, then the state and the queues (kernel: net/ipv4/tcp_ipv4.c).
_SOCKET = re.compile(rb"^ *\d+: \S+ \S+ (..) (.{8}):(.{8}) ", re.MULTILINE)
_STATES = {
    b"01": "established",
    b"02": "syn_sent",
    b"03": "syn_recv",
    b"04": "fin_wait1",
    b"05": "fin_wait2",
    b"06": "time_wait",
    b"07": "close",
    b"08": "close_wait",
    b"09": "last_ack",
    b"0A": "listen",
    b"0B": "closing",
    b"0C": "syn_recv",  # a request that no socket stands for yet
}
_EMPTY = b"00000000"


class TcpStates(Collector):
    """Counts connections; it costs with their number, so it is off by default, as it is in node_exporter."""

    name = "tcpstat"
    default = False

    def collect(self) -> Iterator[Metric]:
        """Yield the connections in each state, none left out, and the bytes that wait in their queues."""
        counts: Counter[str] = Counter(dict.fromkeys(_STATES.values(), 0))
        queues = {"tx_queued_bytes": 0, "rx_queued_bytes": 0}
        for file in ("net/tcp", "net/tcp6"):
            for state, sending, received in _SOCKET.findall(self.files.proc_if_any(file)):
                counts[_STATES.get(state, "unknown")] += 1
                if sending != _EMPTY:
                    queues["tx_queued_bytes"] += int(sending, 16)
                if received != _EMPTY:
                    queues["rx_queued_bytes"] += int(received, 16)
        rows = [((state,), float(value)) for state, value in sorted({**counts, **queues}.items())]
        yield Metric("node_tcp_connection_states", "gauge", "TCP connections, by state.", ("state",), rows)
