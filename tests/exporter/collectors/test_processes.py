"""The process table and watched groups, of real processes that come and go."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tachograph_exporter.collectors.collector import Collector
from tachograph_exporter.collectors.process_groups import ProcessGroups
from tachograph_exporter.collectors.process_match import ProcessGroup
from tachograph_exporter.collectors.process_table import ProcessTable
from tachograph_exporter.collectors.process_top import CpuUse, ProcessOptions
from tachograph_exporter.collectors.processes import Processes
from tachograph_exporter.collectors.watched_groups import ProcessGroupOptions
from tachograph_exporter.host import Host
from tests.fixtures.process import wait_until

from .captured import FOLDER

_IDLE = "import signal; print('ready', flush=True); signal.pause()"
_BUSY = "import time; print('ready', flush=True)\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"


@contextmanager
def _process(code: str, *arguments: str | bytes) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _rows(collector: Collector, name: str) -> dict[tuple[str, ...], float]:
    return {
        labels: value
        for metric in collector.collect()
        if metric.name == name
        for labels, value in metric.rows
        if isinstance(value, float | int)
    }


def _stat(folder: Path, pid: int, name: str, *, ticks: int, started: int) -> None:
    """Write a process's stat file, as the kernel would after `ticks` of CPU time."""
    path = folder / str(pid) / "stat"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{pid} ({name}) S 1 1 1 0 -1 4194560 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 1000 10 0 0\n")


def test_a_process_that_computes_is_on_top_with_the_cores_it_uses() -> None:
    with closing(Processes(Host(), ProcessOptions(top=50, top_pids=True))) as table, _process(_BUSY) as busy:
        list(table.collect())
        before = time.process_time()
        wait_until(lambda: _cpu_seconds(busy.pid) > 0.5, what="half a second of CPU time")
        cores = {pid: used for (_, pid), used in _rows(table, "tachograph_top_process_cpu_cores").items()}
        assert time.process_time() - before < 5
    assert 0.05 < cores[str(busy.pid)] <= 1.1


def _open_files(pid: str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _looked_into() -> set[str]:
    """Return the processes of which this one holds a file of /proc open."""
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {path.split("/")[2] for path in opened if path.startswith("/proc/")}


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_processes_of_one_name_are_added_up_and_the_list_is_cut_at_its_length() -> None:
    host = Host(FOLDER / "proc", FOLDER / "sys", FOLDER / "root")
    with closing(Processes(host, ProcessOptions(top=2))) as table:
        assert _rows(table, "tachograph_top_process_memory_bytes") == {
            ("gunicorn: work) x",): 75_000 * 4096.0,
            ("postgres",): 69_000 * 4096.0,
        }


def test_a_name_on_top_of_one_list_has_both_figures() -> None:
    with closing(Processes(Host(), ProcessOptions(top=3))) as table, _process(_BUSY) as busy:
        list(table.collect())
        wait_until(lambda: _cpu_seconds(busy.pid) > 0.1, what="a tenth of a second of CPU time")
        families = {
            metric.name: dict(metric.rows) for metric in table.collect() if metric.name.startswith("tachograph")
        }
    cores, memory, counts = families.values()
    assert cores.keys() == memory.keys() == counts.keys()
    assert len(cores) <= 6


def test_a_pid_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    use = CpuUse()
    with closing(ProcessTable(str(tmp_path))) as table:
        _stat(tmp_path, 50, "old", ticks=9_000, started=10)
        _stat(tmp_path, 51, "same", ticks=100, started=10)
        first = use.cores(table.read(), 0.0)
        _stat(tmp_path, 50, "new", ticks=200, started=77)
        _stat(tmp_path, 51, "same", ticks=150, started=10)
        second = use.cores(table.read(), 1.0)
    hertz = os.sysconf("SC_CLK_TCK")
    assert first == {}
    assert second == {("50", b"77"): 200 / hertz, ("51", b"10"): 50 / hertz}


@pytest.mark.parametrize("kept", [True, False], ids=["kept descriptors", "none to spare"])
def test_processes_that_end_while_they_are_read_are_left_out(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    if not kept:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (0, 0))
    listed = os.listdir
    with ExitStack() as running, closing(ProcessTable("/proc")) as table:
        doomed = [running.enter_context(_process(_IDLE)) for _ in range(3)]
        before = {process.pid for process in table.read()}

        def list_and_kill(path: str) -> list[str]:
            names = listed(path)
            for process in doomed:
                process.kill()
                process.wait()
            return names

        monkeypatch.setattr(os, "listdir", list_and_kill)
        after = {process.pid for process in table.read()}
        monkeypatch.undo()
    pids = {str(process.pid) for process in doomed}
    assert pids <= before
    assert not pids & after


def test_descriptors_are_let_go_of_with_their_processes() -> None:
    with closing(ProcessTable("/proc")) as table:
        with ExitStack() as running:
            pids = {str(running.enter_context(_process(_IDLE)).pid) for _ in range(5)}
            table.read()
            assert _looked_into() & pids == pids
        table.read()
        assert _looked_into() & pids == set()


def test_tables_leave_most_descriptors_to_the_rest_of_the_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    with ExitStack() as running:
        pids = {str(running.enter_context(_process(_IDLE)).pid) for _ in range(20)}
        before = _open_files("self")
        tables = [running.enter_context(closing(ProcessTable("/proc"))) for _ in range(3)]
        read = [pids <= {process.pid for process in table.read()} for table in tables for _ in range(2)]
        kept = _open_files("self") - before
    assert (read, kept) == ([True] * 6, 16)


@contextmanager
def _groups(*groups: ProcessGroup, host: Host | None = None) -> Iterator[ProcessGroups]:
    with closing(ProcessGroups(host or Host(), ProcessGroupOptions(groups=groups))) as collector:
        yield collector


def _counts(collector: ProcessGroups) -> dict[tuple[str, ...], float]:
    return _rows(collector, "tachograph_process_group_processes")


def test_a_group_is_found_by_a_command_line_that_is_no_text() -> None:
    groups = _groups(ProcessGroup(name="odd", command=re.compile("watched-caf.$")))
    with _process(_IDLE, b"watched-caf\xe9"), groups as collector:
        assert _counts(collector) == {("odd",): 1.0}


def test_a_group_is_found_by_its_pid_file_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "service.pid"
    with _groups(ProcessGroup(name="service", pid_file=str(file))) as collector:
        counts = [_counts(collector)]
        for _ in range(2):
            with _process(_IDLE) as process:
                file.write_text(f"{process.pid}\n")
                counts.append(_counts(collector))
        counts.append(_counts(collector))
    assert [count["service",] for count in counts] == [0.0, 1.0, 1.0, 0.0]


def test_a_process_is_of_the_first_group_whose_conditions_it_meets() -> None:
    name = Path("/proc/self/comm").read_text().strip()
    with _process(_IDLE, "first"), _process(_IDLE, "second"):
        groups = (
            ProcessGroup(name="one", command=re.compile("signal.pause.* first$")),
            ProcessGroup(name="both", command=re.compile("signal.pause.* (first|second)$")),
            ProcessGroup(name="none", names=(name,), command=re.compile("no such command")),
        )
        with _groups(*groups) as collector:
            assert _counts(collector) == {("one",): 1.0, ("both",): 1.0, ("none",): 0.0}


def test_a_group_keeps_the_counts_of_its_processes_that_ended() -> None:
    def busy() -> Callable[[], bool]:
        return lambda: _cpu_seconds(process.pid) > 0.2

    def used(collector: ProcessGroups) -> float:
        seconds = _rows(collector, "tachograph_process_group_cpu_seconds_total")
        return seconds["busy", "user"] + seconds["busy", "system"]

    with _groups(ProcessGroup(name="busy", command=re.compile("while time.monotonic.* counted$"))) as collector:
        list(collector.collect())
        totals = []
        for _ in range(2):
            with _process(_BUSY, "counted") as process:
                wait_until(busy(), what="CPU time")
                process.send_signal(signal.SIGSTOP)
                totals.append(used(collector))
            totals.append(used(collector))
        starts = _rows(collector, "tachograph_process_group_starts_total")
    assert totals == sorted(totals)
    assert totals[-1] > 0.4
    assert starts == {("busy",): 2.0}


def test_a_group_tells_open_files_io_and_memory_of_its_own_processes(tmp_path: Path) -> None:
    code = "import os, sys, signal\n" \
        "with open(sys.argv[1], 'wb') as file:\n    file.write(b'x' * 100_000)\n    os.fsync(file.fileno())\n" \
        "kept = [open(sys.argv[1]) for _ in range(7)]\nprint('ready', flush=True); signal.pause()"  # fmt: skip
    group = ProcessGroup(name="writer", command=re.compile("os.fsync"))
    options = ProcessGroupOptions(groups=(group,), unique_memory=True)
    with _process(code, str(tmp_path / "file")) as process, closing(ProcessGroups(Host(), options)) as collector:
        found = {metric.name: dict(metric.rows) for metric in collector.collect()}
        files = _open_files(str(process.pid))
    figures = {name.removeprefix("tachograph_process_group_"): rows.get(("writer",)) for name, rows in found.items()}
    unique, resident = figures["unique_memory_bytes"], figures["resident_memory_bytes"]
    assert figures["open_fds"] == files >= 10
    assert isinstance(unique, int | float)
    assert isinstance(resident, int | float)
    assert 0 < unique < resident * 1.5
    assert figures["threads"] == 1
    assert abs(float(str(figures["start_time_seconds"])) - time.time()) < 60


def test_what_a_group_transferred_is_not_lost_with_a_process_that_ends_while_it_is_read(tmp_path: Path) -> None:
    _stat(tmp_path, 60, "writer", ticks=1, started=5)
    (tmp_path / "stat").write_text("btime 1\n")
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\n")
    io = tmp_path / "60" / "io"
    io.write_text("read_bytes: 7\nwrite_bytes: 9\n")
    with _groups(ProcessGroup(name="writers", names=("writer",)), host=Host(tmp_path)) as collector:
        written = [_rows(collector, "tachograph_process_group_written_bytes_total")]
        io.unlink()  # what is left of it is its stat
        written.append(_rows(collector, "tachograph_process_group_written_bytes_total"))
        shutil.rmtree(tmp_path / "60")
        written.append(_rows(collector, "tachograph_process_group_written_bytes_total"))
    assert written == [{("writers",): 9}] * 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "name: a group needs one"),
        ("all", "group 'all': give names, command, pid_file or unit"),
    ],
)
def test_a_group_without_a_name_or_a_condition_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ProcessGroup(name=name)


def test_a_process_that_writes_its_title_over_its_command_line_is_found_then(tmp_path: Path) -> None:
    _stat(tmp_path, 70, "python3", ticks=1, started=5)
    (tmp_path / "stat").write_text("btime 1\n")
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\n")
    counts = []
    with _groups(ProcessGroup(name="w", command=re.compile("worker .shop.")), host=Host(tmp_path)) as collector:
        for title in (b"python3\0shop.py\0", b"gunicorn: worker [shop]\0"):
            (tmp_path / "70" / "cmdline").write_bytes(title)
            counts.append(_counts(collector)["w",])
    assert counts == [0, 1]


def test_a_name_that_the_kernel_cuts_is_found() -> None:
    cut = "import ctypes; ctypes.CDLL(None).prctl(15, b'tachograph-long-name'); "
    with _process(cut + _IDLE), _groups(ProcessGroup(name="n", names=("tachograph-long-name",))) as collector:
        assert _counts(collector) == {("n",): 1.0}


@pytest.mark.parametrize("unit", ["shop.service", "shop"])
def test_a_captured_group_is_found_by_unit(tmp_path: Path, unit: str) -> None:
    shutil.copytree(FOLDER / "proc", tmp_path / "proc")
    with _groups(ProcessGroup(name="shop", unit=unit), host=Host(tmp_path / "proc")) as collector:
        before = _counts(collector)
        shutil.rmtree(tmp_path / "proc/901")
        after = _counts(collector)
    assert (before, after) == ({("shop",): 3.0}, {("shop",): 2.0})
