"""Counters of the network protocols, from /proc/net/netstat, /proc/net/snmp and /proc/net/snmp6."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..exposition.metric import Metric
from ..host import Host
from .collector import Collector
from .options import Options, pattern
from .unchanged import Singles

_FIELDS = (
    r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab|MaxConn)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
)

# Where in a line the wanted values stand: position, metric, its documentation.
Layout = Sequence[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class NetstatOptions(Options):
    """Which counters are reported."""

    fields: re.Pattern[str] | None = pattern("Counters to report, as Protocol_Name.", default=_FIELDS)


class Netstat(Collector):
    """Reads the counters that netstat -s prints (kernel: net/ipv4/proc.c, net/ipv6/proc.c)."""

    name = "netstat"
    options_type = NetstatOptions
    options: NetstatOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._wanted = self.options.fields or re.compile(_FIELDS)
        self._layouts: dict[bytes, Layout] = {}
        self._names_6: Sequence[bytes] = ()
        self._layout_6: Layout = ()
        self._made_6: tuple[bytes, Sequence[Metric]] = b"", ()
        self._singles = Singles("unknown")

    def collect(self) -> Iterator[Metric]:
        """Yield node_netstat_Protocol_Name of each wanted counter."""
        for file in ("net/netstat", "net/snmp"):
            lines = self.files.proc(file).splitlines()
            for header, values in zip(lines[::2], lines[1::2], strict=False):
                yield from self._metrics(header, values)
        yield from self._version_6()

    def _metrics(self, header: bytes, values: bytes) -> Iterator[Metric]:
        """Yield the wanted values of a pair of lines, whose first names what the second has."""
        layout = self._layouts.get(header)
        if layout is None:
            protocol, *names = header.decode().split()
            keys = (f"{protocol[:-1]}_{name}" for name in names)
            layout = self._layouts[header] = tuple(self._layout(keys))
        if layout:
            words = values.split()
            for position, name, documentation in layout:
                yield self._singles.metric(name, documentation, words[position])

    def _layout(self, keys: Iterator[str]) -> Iterator[tuple[int, str, str]]:
        for position, key in enumerate(keys, start=1):
            if self._wanted.search(key):
                yield position, f"node_netstat_{key}", f"Statistic {key.replace('_', '', 1)}."

    def _version_6(self) -> Iterator[Metric]:
        data = self.files.proc_if_any("net/snmp6")
        if data != self._made_6[0]:
            words = data.split()
            names, values = words[::2], words[1::2]
            if names != self._names_6:
                self._names_6 = names
                self._layout_6 = tuple(self._layout(_key_6(name.decode()) for name in names))
            metric = self._singles.metric
            self._made_6 = data, [metric(name, told, values[position - 1]) for position, name, told in self._layout_6]
        yield from self._made_6[1]


def _key_6(name: str) -> str:
    """Return the key of a line of snmp6, whose protocol ends at the first 6: Ip6InReceives, UdpLite6InErrors."""
    protocol, six, counter = name.partition("6")
    return f"{protocol}{six}_{counter}"
