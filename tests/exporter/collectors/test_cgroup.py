"""Control groups: version 2 as captured, version 1 by hand, and a real group that is held up."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tachograph_exporter.collectors.cgroup import CgroupOptions, Cgroups
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.collectors.process_groups import ProcessGroups
from tachograph_exporter.collectors.process_match import ProcessGroup
from tachograph_exporter.collectors.watched_groups import ProcessGroupOptions
from tachograph_exporter.host import Host
from tests.fixtures.process import wait_until

from .captured import FOLDER


def _figures(collector: Collector, prefix: str = "tachograph_cgroup_") -> dict[tuple[str, ...], float]:
    return {
        (metric.name.removeprefix(prefix), *labels): value
        for metric in collector.collect()
        for labels, value in metric.rows
        if isinstance(value, float)
    }


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, contents in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents + "\n")


VERSION_1 = {
    "cpu/{0}cpu.stat": "nr_periods 40\nnr_throttled 7\nthrottled_time 1500000000",
    "cpu/{0}cpu.cfs_quota_us": "50000",
    "cpu/{0}cpu.cfs_period_us": "100000",
    "cpuacct/{0}cpuacct.stat": "user 420\nsystem 210",
    "memory/{0}memory.usage_in_bytes": "4096000",
    "memory/{0}memory.stat": "\n".join(
        ("total_cache 88", "total_rss 99", "total_inactive_file 1000", "hierarchical_memory_limit 8192000")
    ),
    "memory/{0}memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3",
    "memory/{0}memory.failcnt": "17",
    "memory/{0}memory.memsw.usage_in_bytes": "4097000",
    "pids/{0}pids.current": "12",
    "pids/{0}pids.max": "max",
    "blkio/{0}blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30",
}
EXPECTED_1 = {
    ("cpu_seconds_total", "user"): 4.2,
    ("cpu_seconds_total", "system"): 2.1,
    ("cpu_limit_cores",): 0.5,
    ("cpu_periods_total",): 40.0,
    ("cpu_throttled_periods_total",): 7.0,
    ("cpu_throttled_seconds_total",): 1.5,
    ("memory_bytes",): 4096000.0,
    ("memory_limit_bytes",): 8192000.0,
    ("memory_working_set_bytes",): 4095000.0,
    ("memory_anonymous_bytes",): 99.0,
    ("memory_file_bytes",): 88.0,
    ("memory_limit_hits_total",): 17.0,
    ("memory_utilization_ratio",): 4095000 / 8192000,
    ("oom_kills_total",): 3.0,
    ("swap_bytes",): 1000.0,
    ("pids",): 12.0,
    ("pids_limit",): math.inf,
    ("read_bytes_total", "8:0"): 10.0,
    ("written_bytes_total", "8:0"): 20.0,
}


@pytest.mark.parametrize("seen_at", ["docker/shop/", ""], ids=["at its path", "at the root"])
def test_version_1_is_read_wherever_the_container_sees_its_group(tmp_path: Path, seen_at: str) -> None:
    _write(tmp_path / "sys/fs/cgroup", {name.format(seen_at): text for name, text in VERSION_1.items()})
    controllers = ("cpu,cpuacct", "memory", "pids", "blkio")
    lines = (f"{number}:{controller}:/docker/shop" for number, controller in enumerate(controllers))
    _write(tmp_path / "proc/self", {"cgroup": "\n".join(lines)})
    with closing(Cgroups(Host(tmp_path / "proc", tmp_path / "sys"))) as collector:
        found = _figures(collector)
    assert found == {(name, "/docker/shop", *rest): value for (name, *rest), value in EXPECTED_1.items()}


def test_a_group_of_version_1_has_the_limits_of_those_that_it_is_part_of(tmp_path: Path) -> None:
    _write(tmp_path / "sys/fs/cgroup", {name.format("pod/shop/"): text for name, text in VERSION_1.items()})
    tighter = {"cpu/pod/cpu.cfs_quota_us": "20000", "cpu/pod/cpu.cfs_period_us": "100000", "pids/pod/pids.max": "50"}
    _write(tmp_path / "sys/fs/cgroup", tighter)
    with closing(Cgroups(Host(tmp_path / "proc", tmp_path / "sys"), CgroupOptions(groups=("pod/shop",)))) as collector:
        found = _figures(collector)
    assert (found["cpu_limit_cores", "pod/shop"], found["pids_limit", "pod/shop"]) == (0.2, 50.0)


def test_groups_are_reported_by_name_and_one_that_is_not_there_has_no_series() -> None:
    options = CgroupOptions(groups=("/docker.slice", "docker.slice/shop", "/no/such.service"))
    with closing(Cgroups(Host(FOLDER / "proc", FOLDER / "sys"), options)) as collector:
        found = _figures(collector)
    limits = {key[1]: value for key, value in found.items() if key[0] == "cpu_limit_cores"}
    assert limits == {"/docker.slice": 1.5, "docker.slice/shop": 1.5}
    assert {key[1] for key in found} == set(limits)


_ROOT_2 = {"cgroup.controllers": "cpu memory", "cpu.stat": "user_usec 9\nsystem_usec 9", "memory.stat": "anon 9"}
_ROOT_1 = {name.format(""): text for name, text in VERSION_1.items()} | {
    f"{controller}/release_agent": "" for controller in ("cpu", "cpuacct", "memory", "pids", "blkio")
}


@pytest.mark.parametrize(
    ("files", "groups", "reason"),
    [
        (_ROOT_2, (), "root control group"),
        (_ROOT_1, (), "root control group"),
        (_ROOT_2, ("/gone.service",), "none of the control groups"),
        (_ROOT_1, ("/gone.service",), "none of the control groups"),
    ],
    ids=["version 2, own", "version 1, own", "version 2, gone", "version 1, gone"],
)
def test_the_hosts_figures_are_never_a_groups(
    tmp_path: Path, files: dict[str, str], groups: tuple[str, ...], reason: str
) -> None:
    _write(tmp_path / "sys/fs/cgroup", files)
    _write(tmp_path / "proc/self", {"cgroup": "1:cpu,cpuacct,memory,pids,blkio:/\n0::/"})
    host = Host(tmp_path / "proc", tmp_path / "sys")
    collector = Cgroups(host, CgroupOptions(groups=groups), inside=host)
    with closing(collector), pytest.raises(NoData, match=reason):
        list(collector.collect())


def test_a_container_that_is_shown_the_hosts_groups_tells_of_its_own(tmp_path: Path) -> None:
    _write(tmp_path / "host/sys/fs/cgroup", _ROOT_2)
    _write(tmp_path / "host/proc/self", {"cgroup": "0::/"})  # as it is told in a namespace of its own
    _write(tmp_path / "sys/fs/cgroup", {**_ROOT_2, "cgroup.events": "populated 1", "memory.max": "4096"})
    _write(tmp_path / "proc/self", {"cgroup": "0::/"})
    host = Host(tmp_path / "host/proc", tmp_path / "host/sys")
    with closing(Cgroups(host, inside=Host(tmp_path / "proc", tmp_path / "sys"))) as collector:
        found = _figures(collector)
    assert (found["memory_limit_bytes", "/"], found["memory_anonymous_bytes", "/"]) == (4096.0, 9.0)


@contextmanager
def _limited_group(name: str) -> Iterator[tuple[str, Path]]:
    """Make a real group that may use a tenth of a core; yield its name and the file that processes join by."""
    root = Path("/sys/fs/cgroup")
    unified = (root / "cgroup.controllers").exists()
    folder = (root if unified else root / "cpu") / name
    folder.mkdir()
    try:
        if unified:
            (root / "cgroup.subtree_control").write_text("+cpu")
            (folder / "cpu.max").write_text("10000 100000")
        else:
            (folder / "cpu.cfs_quota_us").write_text("10000")
        yield f"/{name}", folder / "cgroup.procs"
    finally:
        wait_until(lambda: not (folder / "cgroup.procs").read_text(), what="the group to be empty")
        folder.rmdir()


@pytest.mark.skipif(not os.access("/sys/fs/cgroup", os.W_OK), reason="only root can make control groups")
def test_a_process_that_is_held_up_by_its_limit_shows_in_its_groups_figures(tmp_path: Path) -> None:
    code = "import sys, os\nopen(sys.argv[1], 'w').write(str(os.getpid()))\nwhile True: pass"
    with _limited_group(f"tachograph-test-{os.getpid()}") as (group, procs):
        busy = subprocess.Popen([sys.executable, "-c", code, str(procs)])
        try:
            with closing(Cgroups(Host(), CgroupOptions(groups=(group,)))) as collector:
                wait_until(
                    lambda: _figures(collector).get(("cpu_throttled_seconds_total", group), 0) > 0.2, what="throttling"
                )
                found = _figures(collector)
            with closing(ProcessGroups(Host(), _watched(busy.pid, tmp_path / "busy.pid"))) as collector:
                # version 1 has a process in a group of each controller's, of which the first is told
                watched = {
                    name: value for (name, *_), value in _figures(collector, "tachograph_process_group_cgroup_").items()
                }
        finally:
            busy.kill()
            busy.wait()
    assert found["cpu_limit_cores", group] == watched["cpu_limit_cores"] == 0.1
    assert watched["cpu_throttled_periods_total"] >= found["cpu_throttled_periods_total", group] >= 2


def _watched(pid: int, file: Path) -> ProcessGroupOptions:
    file.write_text(f"{pid}\n")
    return ProcessGroupOptions(groups=(ProcessGroup(name="busy", pid_file=str(file)),))
