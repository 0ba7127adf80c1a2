"""The collectors of host metrics, in the order a scrape runs them."""

import sys

if sys.platform == "linux":
    from .arp import Arp
    from .bonding import Bonding
    from .cgroup import Cgroups
    from .clock import Clock
    from .collector import Collector
    from .conntrack import ConnectionTracking
    from .cpu import Cpu
    from .cpufreq import CpuFrequencies
    from .diskstats import DiskStatistics
    from .entropy import Entropy
    from .filefd import FileDescriptors
    from .filesystem import Filesystems
    from .gpu import Gpu
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
    from .probes import Probes
    from .process_groups import ProcessGroups
    from .processes import Processes
    from .schedstat import SchedulerStatistics
    from .sockstat import SocketStatistics
    from .softnet import Softnet
    from .stat import Stat
    from .tcpstat import TcpStates
    from .textfile import Textfile
    from .thermal import Thermal
    from .timex import ClockDiscipline
    from .udp_queues import UdpQueues
    from .uname import Uname
    from .vmstat import Vmstat

    COLLECTORS: tuple[type[Collector], ...] = (
        Arp,
        Bonding,
        Cgroups,
        Clock,
        ConnectionTracking,
        Cpu,
        CpuFrequencies,
        DiskStatistics,
        Entropy,
        FileDescriptors,
        Filesystems,
        Gpu,
        HungTasks,
        HardwareMonitor,
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
        Probes,
        ProcessGroups,
        Processes,
        SchedulerStatistics,
        SocketStatistics,
        Softnet,
        Stat,
        TcpStates,
        Textfile,
        Thermal,
        ClockDiscipline,
        UdpQueues,
        Uname,
        Vmstat,
    )
else:
    from .portable import COLLECTORS

__all__ = ["COLLECTORS"]
