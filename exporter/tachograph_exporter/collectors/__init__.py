"""The collectors of host metrics, in the order a scrape runs them."""

from .clock import Clock
from .cpu import Cpu
from .diskstats import DiskStatistics
from .filesystem import Filesystems
from .loadavg import LoadAverage
from .meminfo import Memory
from .netdev import NetworkDevices
from .stat import Stat
from .uname import Uname

COLLECTORS = (
    Cpu,
    DiskStatistics,
    Filesystems,
    LoadAverage,
    Memory,
    NetworkDevices,
    Stat,
    Clock,
    Uname,
)
