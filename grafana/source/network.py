"""The network links: what goes through them, and what is lost on the way."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures
from .names import NO_HOST
from .panels import series
from .queries import HOST, RATE, over_time

LINK = f'device!~"lo|veth.*|docker.*|br-.*",{HOST}'


def panels() -> list[Panel]:
    """Return throughput, faults and what had to be sent again."""
    return [
        series(
            31,
            "Network throughput",
            "Bytes received and sent by all links.",
            [
                over_time(
                    f"sum by (instance) (rate(node_network_{direction}_bytes_total{{{LINK}}}[{RATE}]))",
                    f"{{{{instance}}}} {shown}",
                )
                for direction, shown in (("receive", "received"), ("transmit", "sent"))
            ],
            unit="Bps",
            figure=figures.NETWORK_BYTES,
            empty="No link but loopback is reported here",
            width=8,
        ),
        series(
            32,
            "Network errors and drops",
            "Packets that a link reported as faulty or dropped.",
            [
                over_time(
                    f"sum by (instance) (rate(node_network_{direction}_{fault}_total{{{LINK}}}[{RATE}]))",
                    f"{{{{instance}}}} {direction} {shown}",
                )
                for direction in ("receive", "transmit")
                for fault, shown in (("errs", "errors"), ("drop", "drops"))
            ],
            unit="pps",
            least_top=1,
            empty="No link but loopback is reported here",
            width=8,
        ),
        series(
            33,
            "TCP segments sent again",
            "The share of TCP segments that had to be sent again, because no answer came or the wrong one.",
            [
                over_time(
                    f"rate(node_netstat_Tcp_RetransSegs{{{HOST}}}[{RATE}])"
                    f" / rate(node_netstat_Tcp_OutSegs{{{HOST}}}[{RATE}])",
                    "{{instance}}",
                )
            ],
            unit="percentunit",
            empty=NO_HOST,
            width=8,
        ),
    ]
