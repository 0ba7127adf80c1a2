"""CPU time by core and mode and the share of it in use, from /proc/stat."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from ..exposition.metric import Labels, Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options

# kernel: Documentation/filesystems/proc.rst, section 1.7; older kernels have fewer columns, newer may have more
_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_GUEST_MODES = ("user", "nice")
_IDLE, _IOWAIT = 3, 4
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# An idle counter that falls this far was restarted by taking the core off line and on again.
_RESTART_TICKS = 3 * _TICKS_PER_SECOND
_WINDOW_SECONDS = 1.0
_FIRST_WINDOW_SECONDS = 0.2

Ticks = list[int]


class Cpu(Collector):
    """Reads what each core spent its time on, in ticks of 1/USER_HZ seconds."""

    name = "cpu"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._cores: dict[bytes, Ticks] = {}
        self._labels: dict[bytes, tuple[tuple[Labels, ...], tuple[Labels, ...]]] = {}
        self._use = Use()
        with suppress(OSError, ValueError, IndexError):  # the first scrape then has a window, since the start
            self._use.ratio(_total(self.files.proc("stat")), time.monotonic())

    def collect(self) -> Iterator[Metric]:
        """Yield the seconds of each core, in guests too, and the share of all cores in use since the scrape before."""
        # the interrupts' line is the long one, and is not needed here
        data = self.files.proc("stat").partition(b"\nintr")[0]
        self._cores = dict(self._advanced(data.splitlines()[1:]))
        modes: list[tuple[Labels, float]] = []
        guests: list[tuple[Labels, float]] = []
        for core, ticks in self._cores.items():
            mode_labels, guest_labels = self._labels_of(core)
            modes += zip(mode_labels, [tick / _TICKS_PER_SECOND for tick in ticks], strict=False)
            guests += zip(guest_labels, [tick / _TICKS_PER_SECOND for tick in ticks[8:]], strict=False)
        yield Metric("node_cpu_guest_seconds_total", "counter", "Seconds in guests, by mode.", ("cpu", "mode"), guests)
        yield Metric("node_cpu_seconds_total", "counter", "Seconds spent in each mode.", ("cpu", "mode"), modes)
        ratio = self._use.ratio(_total(data), time.monotonic())
        if ratio is not None:
            yield gauge("tachograph_cpu_utilization_ratio", "CPU time in use since the scrape before, 0 to 1.", ratio)

    def _advanced(self, lines: Sequence[bytes]) -> Iterator[tuple[bytes, Ticks]]:
        """Yield each core's ticks, held where the kernel's own count went back a little, as idle and iowait do."""
        for line in lines:
            core, *words = line.split()
            ticks = [int(word) for word in words]
            before = self._cores.get(core)
            if before is not None and before[_IDLE] - ticks[_IDLE] < _RESTART_TICKS:
                ticks = list(map(max, ticks, before))
            yield core, ticks

    def _labels_of(self, core: bytes) -> tuple[tuple[Labels, ...], tuple[Labels, ...]]:
        labels = self._labels.get(core)
        if labels is None:
            number = core[3:].decode()
            modes = tuple((number, mode) for mode in _MODES)
            labels = self._labels[core] = modes, tuple((number, mode) for mode in _GUEST_MODES)
        return labels


def _total(data: bytes) -> Sequence[int]:
    """Return the ticks of all cores together, without those in guests, which the first two contain."""
    return [int(word) for word in data.partition(b"\n")[0].split()[1:9]]


class Use:
    """The share of CPU time in use over a window of at least a second: two scrapers do not shorten each other's."""

    def __init__(self) -> None:
        self._before: tuple[Sequence[float], float] | None = None
        self._ratio: float | None = None

    def ratio(self, ticks: Sequence[float], now: float) -> float | None:
        """Return the share in use since the window began; None until a first window, which may be short, has passed."""
        if self._before is None:
            self._before = ticks, now
            return None
        before, began = self._before
        if now - began >= (_FIRST_WINDOW_SECONDS if self._ratio is None else _WINDOW_SECONDS):
            spent = [after - earlier for after, earlier in zip(ticks, before, strict=False)]
            whole = sum(spent)
            if whole > 0:
                idle = spent[_IDLE] + spent[_IOWAIT]
                self._ratio = min(1.0, max(0.0, 1 - idle / whole))
                self._before = ticks, now
        return self._ratio
