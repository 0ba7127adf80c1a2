"""Rules about the host: CPU, memory, file systems, network, disks, clock."""

from .check import Check, Limit, Panel, Subject
from .unit import RATIO

# node-mixin's name and expression, so that its dashboards work on our recordings.
CPU = "instance:node_cpu_utilisation:rate5m"

HOST = Subject(
    "host",
    records=(
        (
            CPU,
            "1 - avg without (cpu) (\n"
            '  sum without (mode) (rate(node_cpu_seconds_total{$hosts,mode=~"idle|iowait|steal"}[5m]))\n'
            ")",
        ),
    ),
    checks=(
        Check(
            name="HostCpuHigh",
            value=CPU,
            unit=RATIO,
            warning=Limit(0.7, "10m"),
            critical=Limit(0.9, "10m"),
            summary="The CPUs of <instance> are busy",
            description="The CPUs of <instance> were <value> busy over the last 5 minutes; the limit is <limit>.",
            panel=Panel("tachograph-overview", 21, (("instance", "instance"),)),
        ),
    ),
)
