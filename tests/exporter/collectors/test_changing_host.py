"""What happens on a host while it is read: devices and processes go, counters wrap, newer kernels say more."""

import re
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from tachograph_exporter.collectors import COLLECTORS
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.collectors.conntrack import ConnectionTracking
from tachograph_exporter.collectors.cpu import Cpu, Use
from tachograph_exporter.collectors.cpufreq import CpuFrequencies
from tachograph_exporter.collectors.diskstats import DiskStatistics
from tachograph_exporter.collectors.files import text
from tachograph_exporter.collectors.loadavg import LoadAverage
from tachograph_exporter.collectors.meminfo import Memory
from tachograph_exporter.collectors.netclass import NetworkClass
from tachograph_exporter.collectors.netdev import Links, NetworkDevices
from tachograph_exporter.collectors.netstat import Netstat
from tachograph_exporter.collectors.sockstat import SocketStatistics
from tachograph_exporter.host import Host
from tachograph_exporter.scrape import Scraper

from .captured import FOLDER, exposition

if TYPE_CHECKING:
    from tachograph_exporter.exposition.metric import Metric


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A copy of the captured host, to be changed."""
    folder = tmp_path / "host"
    shutil.copytree(FOLDER, folder, symlinks=True)
    return Host(folder / "proc", folder / "sys", folder / "root")


def _values(collector: Collector, name: str) -> dict[tuple[str, ...], float]:
    return {
        labels: value
        for metric in collector.collect()
        if metric.name == name
        for labels, value in metric.rows
        if isinstance(value, float)
    }


def _longer(line: str) -> str:
    """A line as a later kernel may write it: more at the end."""
    return f"{line} 7 8" if line[-1:].isdigit() else line


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("cpu", "stat"),
        ("diskstats", "diskstats"),
        ("filefd", "sys/fs/file-nr"),
        ("loadavg", "loadavg"),
        ("netdev", "net/dev"),
        ("processes", "1200/stat"),
        ("schedstat", "schedstat"),
        ("softnet", "net/softnet_stat"),
        ("sockstat", "net/sockstat6"),
        ("tcpstat", "net/tcp"),
        ("udp_queues", "net/udp"),
    ],
)
def test_lines_that_a_later_kernel_made_longer_are_read_as_before(host: Host, name: str, file: str) -> None:
    kind = next(kind for kind in COLLECTORS if kind.name == name)
    before = _of_node_exporter(exposition(kind, host))
    path = host.proc / file
    path.write_text("\n".join(map(_longer, path.read_text().split("\n"))))
    after = _of_node_exporter(exposition(kind, host))
    assert before <= after


def _of_node_exporter(written: str) -> set[str]:
    return {line for line in written.splitlines() if line.startswith("node_")}


def _without_line(path: Path, word: str) -> None:
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if word not in line))


@pytest.mark.parametrize(
    ("name", "unplug", "gone", "left"),
    [
        ("diskstats", lambda host: _without_line(host.proc / "diskstats", " sda "), 'device="sda"', 'device="md0"'),
        ("netclass", lambda host: shutil.rmtree(host.sys / "class/net/eth0"), 'device="eth0"', 'device="lo"'),
        ("netdev", lambda host: shutil.rmtree(host.sys / "class/net/eth0"), "rx_nohandler", 'device="eth0"'),
        ("hwmon", lambda host: (host.sys / "class/hwmon/hwmon0").unlink(), "coretemp", "nct6775"),
        ("hwmon", lambda host: shutil.rmtree(host.sys / "devices/platform/coretemp.0"), "temp2", "nct6775"),
        ("powersupplyclass", lambda host: shutil.rmtree(host.sys / "class/power_supply/BAT0"), "BAT0", '"AC"'),
        ("bonding", lambda host: shutil.rmtree(host.sys / "class/net/bond1"), "nothing", 'master="bond1"} 0.0'),
        ("cpufreq", lambda host: shutil.rmtree(host.sys / "devices/system/cpu/cpu1"), 'cpu="1"', 'cpu="10"'),
        ("mdadm", lambda host: shutil.rmtree(host.sys / "block/md1"), 'degraded{device="md1"}', 'disks{device="md1"'),
    ],
)
def test_a_device_that_is_unplugged_takes_nothing_else_with_it(
    host: Host, name: str, unplug: Callable[[Host], object], gone: str, left: str
) -> None:
    kind = next(kind for kind in COLLECTORS if kind.name == name)
    unplug(host)
    written = exposition(kind, host)
    assert (gone in written, left in written) == (False, True)


@pytest.mark.parametrize("kind", COLLECTORS, ids=lambda kind: kind.name)
def test_a_host_that_has_nothing_gives_no_data_or_a_file_that_is_missing(kind: type[Collector], tmp_path: Path) -> None:
    with closing(kind(Host(tmp_path, tmp_path, tmp_path))) as collector:
        metrics: list[Metric] = []
        with suppress(NoData, FileNotFoundError):
            metrics += collector.collect()
    assert all(isinstance(value, float) for metric in metrics for _, value in metric.rows)


def test_core_time_that_goes_back_a_little_is_held_and_starts_anew_after_a_hotplug(host: Host) -> None:
    def idle_and_iowait(idle: int, iowait: int) -> tuple[float, float]:
        (host.proc / "stat").write_text(
            f"cpu  9 0 9 {idle} {iowait} 0 0 0 0 0\ncpu0 9 0 9 {idle} {iowait} 0 0 0 0 0\nintr 1 \n"
        )
        found = _values(cpu, "node_cpu_seconds_total")
        return found["0", "idle"], found["0", "iowait"]

    with closing(Cpu(host)) as cpu:
        readings = [idle_and_iowait(*ticks) for ticks in ((1000, 50), (990, 40), (1100, 60), (100, 5))]
    assert readings == [(10.0, 0.5), (10.0, 0.5), (11.0, 0.6), (1.0, 0.05)]


def test_a_core_that_is_taken_off_line_is_left_out(host: Host) -> None:
    with closing(Cpu(host)) as cpu:
        before = {core for core, _ in _values(cpu, "node_cpu_seconds_total")}
        _without_line(host.proc / "stat", "cpu1 ")
        after = {core for core, _ in _values(cpu, "node_cpu_seconds_total")}
    assert (before, after) == ({"0", "1"}, {"0"})


def test_the_share_of_cpu_time_in_use_is_taken_over_a_second_at_least() -> None:
    use = Use()
    readings = [
        use.ratio((100, 0, 0, 100, 0, 0, 0, 0), 0.0),
        use.ratio((100, 0, 0, 100, 0, 0, 0, 0), 0.0),
        use.ratio((150, 0, 0, 150, 0, 0, 0, 0), 5.0),
        use.ratio((190, 0, 0, 150, 0, 0, 0, 0), 5.5),
        use.ratio((190, 0, 0, 300, 60, 0, 0, 0), 6.5),
    ]
    assert readings == [None, None, 0.5, 0.5, pytest.approx(40 / 250)]


def test_the_share_of_a_link_in_use_survives_counters_that_wrap() -> None:
    links = Links()
    speed = {"eth0": 1000.0}

    def ratios(received: float, sent: float, now: float) -> dict[tuple[str, ...], object]:
        carried = {"eth0": (received, sent)}
        return {labels: value for metric in links.ratios(carried, speed, now) for labels, value in metric.rows}

    assert [ratios(4294967000, 0, 10), ratios(4294967200, 500, 12), ratios(100, 1500, 13), ratios(200, 1500, 13.1)] == [
        {},
        {("eth0", "receive"): 0.1, ("eth0", "transmit"): 0.25},
        {("eth0", "receive"): 0.0, ("eth0", "transmit"): 1.0},
        {("eth0", "receive"): 0.0, ("eth0", "transmit"): 1.0},
    ]


def test_interfaces_that_swap_names_are_told_apart_though_their_files_stay_open(host: Host) -> None:
    folder = host.sys / "class/net"
    with closing(NetworkClass(host)) as interfaces:
        before = _values(interfaces, "node_network_mtu_bytes")
        (folder / "eth0").rename(folder / "other")
        (folder / "lo").rename(folder / "eth0")
        (folder / "other").rename(folder / "lo")
        after = _values(interfaces, "node_network_mtu_bytes")
    assert (before["eth0",], before["lo",]) == (after["lo",], after["eth0",]) == (1500.0, 65536.0)


def test_many_interfaces_are_read_with_few_descriptors(host: Host) -> None:
    for number in range(40):
        shutil.copytree(host.sys / "class/net/eth0", host.sys / f"class/net/veth{number}")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with closing(NetworkClass(host)) as interfaces:
        assert len(_values(interfaces, "node_network_mtu_bytes")) == 43
        assert len(list(Path("/proc/self/fd").iterdir())) < before + 120
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("kind", "file", "old", "new", "changed"),
    [
        (Memory, "proc/meminfo", r"Dirty: *\d+", "Dirty: 800", "node_memory_Dirty_bytes"),
        (Netstat, "proc/net/snmp6", r"Ip6OutOctets\s+\d+", "Ip6OutOctets 7", "node_netstat_Ip6_OutOctets"),
        (SocketStatistics, "proc/net/sockstat", "orphan 1", "orphan 2", "node_sockstat_TCP_orphan"),
        (DiskStatistics, "proc/diskstats", "525920", "525921", "node_disk_reads_completed_total"),
        (ConnectionTracking, "proc/net/stat/nf_conntrack", "abcd", "abce", "node_nf_conntrack_stat_ignore"),
        (NetworkClass, "sys/class/net/eth0/mtu", "1500", "1400", "node_network_mtu_bytes"),
        (NetworkDevices, "proc/net/dev", "6375", "6376", "node_network_receive_packets_total"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_did_not_change_is_the_same_and_what_did_is_read(
    host: Host, kind: type[Collector], file: str, old: str, new: str, changed: str
) -> None:
    path = host.proc.parent / file
    with closing(kind(host)) as collector:
        first, again = list(collector.collect()), list(collector.collect())
        path.write_text(re.sub(old, new, path.read_text()))
        after = list(collector.collect())
    assert first == again
    assert [one.name for one, other in zip(again, after, strict=True) if one != other] == [changed]


def test_an_interface_that_is_renamed_has_its_share_only_after_a_window_of_its_own(host: Host) -> None:
    with closing(NetworkDevices(host)) as devices:
        list(devices.collect())
        path = host.proc / "net/dev"
        path.write_text(path.read_text().replace("eth0:", "wan0:"))
        assert _values(devices, "node_network_receive_bytes_total").keys() >= {("wan0",)}


def test_frequencies_that_the_kernel_is_slow_to_tell_are_read_side_by_side(host: Host) -> None:
    class Slow(CpuFrequencies):
        """Each core's files take as long as with Linux 5.4 and its kin, and then until the next core's are asked."""

        meeting: threading.Barrier | None = None
        readers: ClassVar[set[str]] = set()

        def _core(self, name: str) -> dict[str, bytes]:
            self.readers.add(threading.current_thread().name)
            time.sleep(0.1)
            if self.meeting is not None:
                self.meeting.wait(30)
            return super()._core(name)

    with closing(Slow(host)) as slow:
        first, alone = list(slow.collect()), set(slow.readers)
        slow.meeting = threading.Barrier(len(list(host.sys.glob("devices/system/cpu/cpu[0-9]*"))))
        second = list(slow.collect())
    assert (first, alone) == (second, {threading.current_thread().name})


def test_a_kernel_without_statistics_of_connection_tracking_still_tells_their_number(host: Host) -> None:
    (host.proc / "net/stat/nf_conntrack").unlink()
    with closing(ConnectionTracking(host)) as conntrack:
        assert _values(conntrack, "node_nf_conntrack_entries") == {(): 1723.0}


def test_bytes_that_are_no_text_become_one_replacement_a_run() -> None:
    assert [text(b"plain"), text(b"caf\xc3\xa9"), text(b"a\xff\xfeb\xffc")] == ["plain", "café", "a\ufffdb\ufffdc"]


@pytest.mark.parametrize("text", ["", "no such thing\n", "\x00\x01 1 2\n" * 9])
def test_files_that_make_no_sense_cost_a_scrape_and_no_start(host: Host, text: str) -> None:
    for name in ("stat", "net/dev"):
        (host.proc / name).write_text(text)
    scraper = Scraper([Cpu(host), NetworkDevices(host), LoadAverage(host)])
    success = next(metric for metric in scraper.scrape() if metric.name == "node_scrape_collector_success")
    assert dict(success.rows)["loadavg",] == 1.0
