"""NVIDIA GPUs: use, memory, power, temperature, clocks, errors and who computes on them, from NVML."""

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .collector import Collector, NoData
from .files import read, text
from .options import Options
from .table import Table

_LABELS = ("gpu", "uuid")
_MILLI, _MEGAHERTZ = 1e-3, 1e6

Figure = tuple[str, Kind, str, float]
# NVML's functions are untyped, and their results do not leave this file but as numbers and texts.
Handle = Any
Nvml = Any


class Gpu(Collector):
    """Asks NVIDIA's management library about each GPU; what one does not support is left out."""

    name = "gpu"
    default = False

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._nvml: Nvml = None

    def collect(self) -> Iterator[Metric]:
        """Yield each GPU's figures, with its number and its UUID as labels."""
        if self._nvml is None:
            self._nvml = _started()
        nvml, table = self._nvml, Table()
        try:
            driver, count = nvml.nvmlSystemGetDriverVersion(), nvml.nvmlDeviceGetCount()
        except nvml.NVMLError:
            self._nvml = None  # the driver was unloaded: the next scrape begins anew
            raise
        for number in range(count):
            for metric in _supported(nvml, self._gpu, number, driver) or ():  # one may have fallen off the bus
                table.add(metric)
        yield from table.metrics()

    def close(self) -> None:
        """Let go of the library."""
        super().close()
        if self._nvml is not None:
            self._nvml.nvmlShutdown()
            self._nvml = None

    def _gpu(self, number: int, driver: str) -> list[Metric]:
        gpu = self._nvml.nvmlDeviceGetHandleByIndex(number)
        return list(self._metrics(gpu, (str(number), self._nvml.nvmlDeviceGetUUID(gpu)), driver))

    def _metrics(self, gpu: Handle, labels: Labels, driver: str) -> Iterator[Metric]:
        nvml = self._nvml
        info = (*labels, nvml.nvmlDeviceGetName(gpu), driver)
        names = (*_LABELS, "name", "driver_version")
        yield Metric("tachograph_gpu_info", "gauge", "The GPU's model and driver.", names, [(info, 1.0)])
        for name, kind, documentation, value in _figures(nvml, gpu):
            yield Metric(f"tachograph_gpu_{name}", kind, documentation, _LABELS, [(labels, value)])
        memory, count = self._processes(gpu)
        if count is not None:
            yield Metric("tachograph_gpu_processes", "gauge", "Processes that compute.", _LABELS, [(labels, count)])
            rows = [((*labels, process), used) for process, used in memory.items()]
            documentation = "Memory of the GPU that processes of this name hold."
            yield Metric("tachograph_gpu_process_memory_bytes", "gauge", documentation, (*_LABELS, "process"), rows)

    def _processes(self, gpu: Handle) -> tuple[dict[str, float], float | None]:
        """Return the memory held, by the name of processes: pids would make new series with each start."""
        found = _supported(self._nvml, self._nvml.nvmlDeviceGetComputeRunningProcesses, gpu)
        if found is None:
            return {}, None
        memory: defaultdict[str, float] = defaultdict(float)
        for process in found:
            memory[self._name(process.pid)] += process.usedGpuMemory or 0
        return dict(memory), float(len(found))

    def _name(self, pid: int) -> str:
        try:
            return text(read(f"{self.host.proc}/{pid}/comm").rstrip(b"\n"))
        except OSError:
            return "unknown"  # it ended, or it is another container's


def _started() -> Nvml:
    try:
        nvml: Nvml = importlib.import_module("pynvml")
    except ImportError:
        raise NoData("GPU metrics need nvidia-ml-py: pip install 'tachograph[gpu]'") from None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise NoData(f"no NVIDIA GPU, or no driver: {error}") from error
    return nvml


def _supported(nvml: Nvml, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what NVML answers, None where this GPU or this user cannot have it."""
    try:
        return function(*arguments)
    except nvml.NVMLError:
        return None


def _figures(nvml: Nvml, gpu: Handle) -> Iterator[Figure]:
    use = _supported(nvml, nvml.nvmlDeviceGetUtilizationRates, gpu)
    if use is not None:
        yield "utilization_ratio", "gauge", "Share of time in which the GPU computed, 0 to 1.", use.gpu / 100
        documentation = "Share of time in which memory was read or written, 0 to 1."
        yield "memory_access_ratio", "gauge", documentation, use.memory / 100
    memory = _supported(nvml, nvml.nvmlDeviceGetMemoryInfo, gpu)
    if memory is not None:
        yield "memory_bytes", "gauge", "Memory of the GPU.", float(memory.total)
        yield "memory_used_bytes", "gauge", "Memory of the GPU in use.", float(memory.used)
        share = memory.used / memory.total if memory.total else 0.0
        yield "memory_utilization_ratio", "gauge", "Share of the memory in use, 0 to 1.", share
    for name, kind, documentation, scale, function, arguments in _single(nvml):
        value = _supported(nvml, function, gpu, *arguments)
        if value is not None:
            yield name, kind, documentation, value * scale


def _single(nvml: Nvml) -> Iterator[tuple[str, Kind, str, float, Callable[..., Any], tuple[int, ...]]]:
    """Yield what NVML tells in one number: metric, kind, documentation, scale, function, its arguments."""
    yield "power_watts", "gauge", "Power drawn.", _MILLI, nvml.nvmlDeviceGetPowerUsage, ()
    yield "power_limit_watts", "gauge", "Power that may be drawn.", _MILLI, nvml.nvmlDeviceGetEnforcedPowerLimit, ()
    documentation = "Energy drawn since the driver was loaded."
    yield "energy_joules_total", "counter", documentation, _MILLI, nvml.nvmlDeviceGetTotalEnergyConsumption, ()
    celsius = nvml.nvmlDeviceGetTemperature
    yield "temperature_celsius", "gauge", "Temperature of the chip.", 1, celsius, (nvml.NVML_TEMPERATURE_GPU,)
    clock = nvml.nvmlDeviceGetClockInfo
    yield "clock_hertz", "gauge", "Clock of the multiprocessors.", _MEGAHERTZ, clock, (nvml.NVML_CLOCK_SM,)
    yield "memory_clock_hertz", "gauge", "Clock of the memory.", _MEGAHERTZ, clock, (nvml.NVML_CLOCK_MEM,)
    errors = (nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_AGGREGATE_ECC)
    documentation = "Memory errors that could not be corrected."
    yield "uncorrected_memory_errors_total", "counter", documentation, 1, nvml.nvmlDeviceGetTotalEccErrors, errors
