"""The collectors of host metrics, in the order a scrape runs them."""

from .arp import Arp
from .bonding import Bonding
from .clock import Clock
from .conntrack import ConnectionTracking
from .cpu import Cpu
from .cpufreq import CpuFrequencies
from .diskstats import DiskStatistics
from .entropy import Entropy
from .filefd import FileDescriptors
from .filesystem import Filesystems
from .hung import HungTasks
from .hwmon import HardwareMonitor
from .interrupts import Interrupts
from .loadavg import LoadAverage
from .mdadm import SoftwareRaid
from .meminfo import Memory
from .netclass import NetworkClass
from .netdev import NetworkDevices
from .netstat import Netstat
from .os_release import OsRelease
from .power_supply import PowerSupplies
from .pressure import Pressure
from .schedstat import SchedulerStatistics
from .sockstat import SocketStatistics
from .softnet import Softnet
from .stat import Stat
from .tcpstat import TcpStates
from .thermal import Thermal
from .timex import ClockDiscipline
from .udp_queues import UdpQueues
from .uname import Uname
from .vmstat import Vmstat

COLLECTORS = (
    Arp,
    Bonding,
    ConnectionTracking,
    Cpu,
    CpuFrequencies,
    DiskStatistics,
    Entropy,
    FileDescriptors,
    Filesystems,
    HardwareMonitor,
    HungTasks,
    Interrupts,
    LoadAverage,
    SoftwareRaid,
    Memory,
    NetworkClass,
    NetworkDevices,
    Netstat,
    OsRelease,
    PowerSupplies,
    Pressure,
    SchedulerStatistics,
    SocketStatistics,
    Softnet,
    Stat,
    TcpStates,
    Thermal,
    Clock,
    ClockDiscipline,
    UdpQueues,
    Uname,
    Vmstat,
)
