"""Frequencies and governors of the cores, from /sys/devices/system/cpu."""

from collections.abc import Iterator

from ..exposition.metric import Labels, Metric
from .collector import Collector, NoData
from .files import number

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


class CpuFrequencies(Collector):
    """Reads each core's cpufreq folder, which virtual machines do not have."""

    name = "cpufreq"

    def collect(self) -> Iterator[Metric]:
        """Yield each frequency that is known, and the governor in use among those there are."""
        cores = {name[3:]: self.files.sys(f"{_FOLDER}/{name}/cpufreq", _ATTRIBUTES) for name in self._cores()}
        if not any(cores.values()):
            raise NoData("the kernel does not scale this machine's CPU frequencies")
        for attribute, name, documentation in _FREQUENCIES:
            known = ((core, number(values.get(attribute, b""))) for core, values in cores.items())
            rows = [((core,), hertz * _KILOHERTZ) for core, hertz in known if hertz is not None]
            if rows:
                yield Metric(f"node_cpu_{name}", "gauge", documentation, ("cpu",), rows)
        governors = [row for core, values in cores.items() for row in _governors(core, values)]
        yield Metric("node_cpu_scaling_governor", "gauge", "1 for the governor in use.", ("cpu", "governor"), governors)

    def _cores(self) -> list[str]:
        names = (name for name in self.files.sys_names(_FOLDER) if name.startswith("cpu") and name[3:].isdigit())
        return sorted(names, key=lambda name: int(name[3:]))


def _governors(core: str, values: dict[str, bytes]) -> Iterator[tuple[Labels, float]]:
    current = values.get(_GOVERNOR, b"").decode()
    if current:
        for governor in values.get(_GOVERNORS, b"").decode().split():
            yield (core, governor), float(governor == current)
