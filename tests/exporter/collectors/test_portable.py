"""The host by psutil, as on macOS and Windows, forced on Linux and held to what /proc says."""

import re
import subprocess
import sys
from contextlib import closing
from types import SimpleNamespace
from unittest.mock import patch

import psutil
import pytest

from tachograph_exporter.collectors import COLLECTORS, portable
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.collectors.gpu import Gpu
from tachograph_exporter.collectors.netdev import NetworkDeviceOptions
from tachograph_exporter.collectors.options import Options
from tachograph_exporter.collectors.portable_processes import GroupOptions, ProcessGroups
from tachograph_exporter.collectors.portable_sensors import CpuFrequencies, PowerSupplies, Sensors
from tachograph_exporter.collectors.process_match import ProcessGroup
from tachograph_exporter.exposition.metric import Metric
from tachograph_exporter.host import Host

_SELDOM = {"hwmon", "powersupplyclass", "cpufreq"}  # what a virtual machine lacks


def _collected(kind: type[Collector], options: Options | None = None) -> list[Metric]:
    with closing(kind(Host(), options)) as collector:
        return list(collector.collect())


def test_psutil_gives_the_same_names_types_and_labels_as_linux() -> None:
    linux = {
        metric.name: (metric.kind, metric.label_names)
        for kind in COLLECTORS
        if kind.name in {one.name for one in portable.COLLECTORS} - _SELDOM
        for metric in _collected(kind)
    }
    linux |= {metric.name: (metric.kind, metric.label_names) for metric in _collected(_linux("netclass"))}
    found = [
        metric
        for kind in portable.COLLECTORS
        if kind.name not in _SELDOM
        for metric in _collected(kind)
        if metric.name in linux or metric.name.startswith("node_")
    ]
    assert {metric.name: (metric.kind, metric.label_names) for metric in found} == {
        metric.name: linux.get(metric.name) for metric in found
    }
    assert len(found) >= 40


def _linux(name: str) -> type[Collector]:
    return next(kind for kind in COLLECTORS if kind.name == name)


@pytest.mark.parametrize(
    ("collector", "metric", "slack"),
    [
        ("meminfo", "node_memory_MemTotal_bytes", 0.0),
        ("meminfo", "node_memory_MemAvailable_bytes", 0.05),
        ("stat", "node_boot_time_seconds", 2e-9),
        ("stat", "node_context_switches_total", 0.05),
        ("netdev", "node_network_receive_bytes_total", 0.05),
        ("diskstats", "node_disk_read_bytes_total", 0.05),
        ("cpu", "node_cpu_seconds_total", 0.05),
        ("filesystem", "node_filesystem_size_bytes", 0.0),
        ("processes", "node_processes_pids", 0.1),
        ("processes", "node_processes_threads", 0.1),
        ("processes", "tachograph_top_process_memory_bytes", 0.3),
    ],
)
def test_psutil_gives_the_values_that_linux_gives(collector: str, metric: str, slack: float) -> None:
    def rows(kind: type[Collector]) -> dict[tuple[str, ...], object]:
        return {labels: value for one in _collected(kind) if one.name == metric for labels, value in one.rows}

    ours = rows(_linux(collector))
    others = rows(next(kind for kind in portable.COLLECTORS if kind.name == collector))
    shared = ours.keys() & others.keys()
    assert shared
    assert {key: others[key] for key in shared} == {key: pytest.approx(ours[key], rel=slack, abs=5) for key in shared}


def test_a_group_is_watched_through_psutil() -> None:
    code = "import signal; held = [open('/dev/null') for _ in range(9)]; print('up', flush=True); signal.pause()"
    options = GroupOptions(groups=(ProcessGroup(name="mine", command=re.compile("signal.pause.* by-psutil")),))
    with subprocess.Popen([sys.executable, "-c", code, "by-psutil"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        ours = {one.name: one.rows[0][1] for one in _collected(ProcessGroups, options)}
        watched = psutil.Process(process.pid)
        began, resident, files = watched.create_time(), watched.memory_info().rss, watched.num_fds()
        process.kill()
    prefix = "tachograph_process_group_"
    assert {name.removeprefix(prefix): value for name, value in ours.items()} == {
        "processes": 1,
        "threads": 1,
        "starts_total": 0,
        "resident_memory_bytes": pytest.approx(resident, rel=0.1),
        "memory_ratio": pytest.approx(resident / psutil.virtual_memory().total, rel=0.1),
        "start_time_seconds": pytest.approx(began),
        "read_bytes_total": pytest.approx(0, abs=1e8),
        "written_bytes_total": 0,
        "open_fds": files,
        "cpu_seconds_total": pytest.approx(0, abs=1),
    }


def test_a_unit_is_refused_where_there_is_no_systemd() -> None:
    with pytest.raises(ValueError, match="'web' has a unit, which only systemd knows"):
        GroupOptions(groups=(ProcessGroup(name="web", unit="nginx"),))


def test_patterns_leave_devices_and_mounts_out() -> None:
    everything = re.compile(".")
    left = [
        *_collected(portable.NetworkDevices, NetworkDeviceOptions(device_exclude=everything)),
        *_collected(portable.DiskStatistics, portable.DiskOptions(device_include=re.compile("^no such disk$"))),
        *_collected(portable.Filesystems, portable.FilesystemOptions(mount_points_exclude=everything)),
    ]
    assert [row for metric in left for row in metric.rows] == []


def test_what_only_some_machines_have_is_named_as_linux_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SimpleNamespace(total=8, available=5, free=2, active=3, inactive=2, wired=1)
    fan, battery = SimpleNamespace(label="", current=1200), SimpleNamespace(percent=80, power_plugged=True)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(psutil, "sensors_fans", lambda: {"smc": [fan]}, raising=False)
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    monkeypatch.setattr(psutil, "cpu_freq", lambda **_: [SimpleNamespace(current=2400, min=600, max=0)])
    kinds = (portable.Memory, Sensors, PowerSupplies, CpuFrequencies)
    found = {metric.name: metric.rows[0] for kind in kinds for metric in _collected(kind)}
    darwin = ("total", "available", "free", "active", "inactive", "wired", "swap_total", "swap_used")
    assert {f"node_memory_{name}_bytes" for name in darwin} <= found.keys()
    assert {name: row for name, row in found.items() if "memory" not in name and "swap" not in name} == {
        "node_hwmon_fan_rpm": (("smc", "fan1"), 1200),
        "node_power_supply_capacity": (("battery",), 80),
        "node_power_supply_online": (("mains",), 1.0),
        "node_cpu_scaling_frequency_hertz": (("0",), 2.4e9),
        "node_cpu_scaling_frequency_min_hertz": (("0",), 6e8),
    }


def test_without_nvidias_bindings_the_gpu_collector_says_what_to_install() -> None:
    with patch.dict(sys.modules, {"pynvml": None}), pytest.raises(NoData, match=r"pip install 'tachograph\[gpu\]'"):
        _collected(Gpu)
