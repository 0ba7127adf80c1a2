"""The exporter's metrics on itself: its build, its configuration, its process."""

import os
import platform
import sys
from collections.abc import Iterator
from time import time

from . import __version__
from .exposition.metric import Metric, counter, family, gauge

_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
_RELOAD = "Whether the last attempt to read the configuration succeeded."
_RELOAD_TIME = "When the configuration in use was read, in seconds since the epoch."
_UNLIMITED = float(2**64)  # what client_golang, whose dashboards read it, says of no limit


class Own:
    """Reads the exporter's own process, which is not always one of the host it watches."""

    name = "exporter"

    def __init__(self, *, process: bool = True) -> None:
        self.reload_succeeded = True
        self.reload_success_time = time()
        self._build = tuple(_build())
        self._process = (_LinuxProcess() if sys.platform == "linux" else _PsutilProcess()) if process else None

    def collect(self) -> Iterator[Metric]:
        """Yield them as they are now."""
        yield from self._build
        yield gauge("tachograph_config_last_reload_successful", _RELOAD, float(self.reload_succeeded))
        yield gauge("tachograph_config_last_reload_success_timestamp_seconds", _RELOAD_TIME, self.reload_success_time)
        if self._process:
            yield from self._process.collect()


def _build() -> Iterator[Metric]:
    runtime = f"{platform.python_implementation()} {platform.python_version()}"
    yield family(
        "tachograph_exporter_build_info", "gauge", _BUILD, ("version", "runtime"), [((__version__, runtime), 1.0)]
    )
    machine = platform.machine()
    values = ("", _GO_ARCHITECTURES.get(machine, machine), sys.platform, runtime, "", "", __version__)
    names = ("branch", "goarch", "goos", "goversion", "revision", "tags", "version")
    yield family("node_exporter_build_info", "gauge", _NODE_BUILD, names, [(values, 1.0)])


class _LinuxProcess:
    """Reads /proc/self from descriptors that stay open (kernel: Documentation/filesystems/proc.rst)."""

    def __init__(self) -> None:
        self._stat = os.open("/proc/self/stat", os.O_RDONLY | os.O_CLOEXEC)
        self._ticks = os.sysconf("SC_CLK_TCK")
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")
        with open("/proc/stat", "rb") as stat:  # noqa: PTH123 - read once, without the weight of a Path
            boot = next(float(line.split()[1]) for line in stat if line.startswith(b"btime "))
        self._start = boot + float(self._fields()[19]) / self._ticks

    def collect(self) -> Iterator[Metric]:
        import resource  # noqa: PLC0415 - not on every system

        fields = self._fields()
        yield counter("process_cpu_seconds_total", _CPU, (int(fields[11]) + int(fields[12])) / self._ticks)
        yield gauge("process_start_time_seconds", _START, self._start)
        yield gauge("process_virtual_memory_bytes", _VIRTUAL, float(fields[20]))
        yield gauge("process_virtual_memory_max_bytes", _VIRTUAL_MAX, _limit(resource.getrlimit(resource.RLIMIT_AS)[0]))
        yield gauge("process_resident_memory_bytes", _RESIDENT, float(fields[21]) * self._page_bytes)
        yield gauge("process_open_fds", "Number of open file descriptors.", float(_descriptors()))
        files_max = _limit(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        yield gauge("process_max_fds", "Maximum number of open file descriptors.", files_max)

    def _fields(self) -> list[bytes]:
        """Return what follows the command's name: the third field comes first."""
        return os.pread(self._stat, 4096, 0).rpartition(b")")[2].split()


class _PsutilProcess:
    """Asks psutil, where there is no /proc."""

    def __init__(self) -> None:
        import psutil  # noqa: PLC0415 - Linux does without

        self._process = psutil.Process()

    def collect(self) -> Iterator[Metric]:
        with self._process.oneshot():
            times, memory = self._process.cpu_times(), self._process.memory_info()
            yield counter("process_cpu_seconds_total", _CPU, times.user + times.system)
            yield gauge("process_start_time_seconds", _START, self._process.create_time())
            yield gauge("process_virtual_memory_bytes", _VIRTUAL, float(memory.vms))
            yield gauge("process_resident_memory_bytes", _RESIDENT, float(memory.rss))
            if hasattr(self._process, "num_fds"):  # Windows counts handles instead
                yield gauge("process_open_fds", "Number of open file descriptors.", float(self._process.num_fds()))


_BUILD = "A metric with a constant 1 value, labelled by the exporter's version and what runs it."
_NODE_BUILD = "The same under node_exporter's name, for the dashboards that look for it."
_CPU = "Total user and system CPU time spent in seconds."
_START = "Start time of the process since unix epoch in seconds."
_VIRTUAL = "Virtual memory size in bytes."
_VIRTUAL_MAX = "Maximum amount of virtual memory available in bytes."
_RESIDENT = "Resident memory size in bytes."


def _descriptors() -> int:
    # from Linux 6.2 the folder's size is their number; listing it costs with their number
    counted = os.stat("/proc/self/fd").st_size  # noqa: PTH116 - a Path costs more than the call
    return counted or len(os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 - the same; one is the listing's own


def _limit(value: int) -> float:
    return _UNLIMITED if value < 0 else float(value)
