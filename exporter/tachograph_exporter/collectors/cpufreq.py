"""Frequencies and governors of the cores, from /sys/devices/system/cpu."""

import concurrent.futures
import time
from collections.abc import Iterator, Sequence

from ..exposition.metric import Labels, Metric
from ..host import Host
from .collector import Collector
from .files import number
from .options import Options

_FOLDER = "devices/system/cpu"
# The attribute, the metric, what it is; the kernel counts in kHz (kernel: Documentation/admin-guide/pm/cpufreq.rst).
_FREQUENCIES = (
    ("cpuinfo_cur_freq", "frequency_hertz", "Frequency that the hardware reports."),
    ("cpuinfo_avg_freq", "frequency_avg_hertz", "Average frequency that the hardware reports."),
    ("cpuinfo_min_freq", "frequency_min_hertz", "Lowest frequency of the hardware."),
    ("cpuinfo_max_freq", "frequency_max_hertz", "Highest frequency of the hardware."),
    ("scaling_cur_freq", "scaling_frequency_hertz", "Frequency that the kernel set."),
    ("scaling_min_freq", "scaling_frequency_min_hertz", "Lowest frequency that the kernel may set."),
    ("scaling_max_freq", "scaling_frequency_max_hertz", "Highest frequency that the kernel may set."),
)
_GOVERNOR, _GOVERNORS = "scaling_governor", "scaling_available_governors"
_ATTRIBUTES = (*(attribute for attribute, *_ in _FREQUENCIES), _GOVERNOR, _GOVERNORS)
_KILOHERTZ = 1000


# Some kernels sleep 10 ms in each read (kernel 4.13 to 5.17: arch/x86/kernel/cpu/aperfmperf.c); with many cores,
# reading one after the other would take seconds.
_SLOW_SECONDS = 0.05
_THREADS = 32


class CpuFrequencies(Collector):
    """Reads each core's cpufreq folder, which virtual machines do not have."""

    name = "cpufreq"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._threads: concurrent.futures.Executor | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield each frequency that is known, and the governor in use among those there are; none is no fault."""
        cores = self._read(self._cores())
        if not any(cores.values()):
            return
        for attribute, name, documentation in _FREQUENCIES:
            known = ((core, number(values.get(attribute, b""))) for core, values in cores.items())
            rows = [((core,), hertz * _KILOHERTZ) for core, hertz in known if hertz is not None]
            if rows:
                yield Metric(f"node_cpu_{name}", "gauge", documentation, ("cpu",), rows)
        governors = [row for core, values in cores.items() for row in _governors(core, values)]
        if governors:
            documentation = "1 for the governor in use."
            yield Metric("node_cpu_scaling_governor", "gauge", documentation, ("cpu", "governor"), governors)

    def close(self) -> None:
        """End the threads, where there are any."""
        super().close()
        if self._threads is not None:
            self._threads.shutdown(wait=False)

    def _read(self, names: Sequence[str]) -> dict[str, dict[str, bytes]]:
        """Read the cores one after the other, and side by side once that took long."""
        began = time.monotonic()
        found = (map if self._threads is None else self._threads.map)(self._core, names)
        cores = {name[3:]: values for name, values in zip(names, found, strict=True)}
        if self._threads is None and time.monotonic() - began > _SLOW_SECONDS:
            self._threads = concurrent.futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="cpufreq")
        return cores

    def _core(self, name: str) -> dict[str, bytes]:
        return self.files.sys(f"{_FOLDER}/{name}/cpufreq", _ATTRIBUTES)

    def _cores(self) -> list[str]:
        names = (name for name in self.files.sys_names(_FOLDER) if name.startswith("cpu") and name[3:].isdigit())
        return sorted(names, key=lambda name: int(name[3:]))


def _governors(core: str, values: dict[str, bytes]) -> Iterator[tuple[Labels, float]]:
    current = values.get(_GOVERNOR, b"").decode()
    if current:
        for governor in values.get(_GOVERNORS, b"").decode().split():
            yield (core, governor), float(governor == current)
