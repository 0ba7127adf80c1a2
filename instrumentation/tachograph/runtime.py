"""The Python process from within: pauses of the garbage collector, lag of event loops, threads, memory, CPU time."""

import functools
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from . import names
from .imports import on_import
from .model import Labels, Metric, Observation
from .patches import Patches
from .telemetry.garbage import GARBAGE
from .telemetry.hub import HUB

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from .telemetry.cells import HistogramCell

_PAUSES = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1)
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_TICK_SECONDS = 0.1

_PAUSE = Metric(names.GC_PAUSE, "histogram", "s", "Pauses for the garbage collector, by generation.", _PAUSES)
_LAG = Metric(names.EVENT_LOOP_LAG, "histogram", "s", "How late an event loop runs what is due.", _LAGS)
_CPU = Metric(names.PROCESS_CPU_TIME, "counter", "s", "CPU time of the process.")
_MEMORY = Metric(names.PROCESS_MEMORY_USAGE, "updown", "By", "Physical memory in use by the process.")
_THREADS = Metric(names.PROCESS_THREAD_COUNT, "updown", "{thread}", "Threads of the process.")
_FILES = Metric(names.PROCESS_OPEN_FILES, "updown", "{file_descriptor}", "File descriptors in use by the process.")
_STATM = "/proc/self/statm"
_FD = "/proc/self/fd"


class Runtime:
    """Measures this process until it is told to stop."""

    def __init__(self) -> None:
        self._on = False
        self._patches = Patches()
        self._ticks: WeakKeyDictionary[AbstractEventLoop, _Ticks] = WeakKeyDictionary()
        self._pause_started = 0
        self._pauses: Sequence[HistogramCell] = ()
        self._observed: dict[Metric, Callable[[], Iterator[Observation]]] = {
            _CPU: _cpu,
            _MEMORY: _memory,
            _THREADS: _threads,
            _FILES: _files,
        }

    def start(self) -> None:
        """Begin to measure."""
        if self._on:
            return
        self._on = True
        self._pauses = tuple(HUB.registry.histogram(_PAUSE, _generation(number)) for number in range(3))
        gc.callbacks.append(self._collecting)
        for metric, callback in self._observed.items():
            HUB.registry.observe(metric, callback)
        for module in ("asyncio.base_events", "uvloop"):
            on_import(module, self._loops)
        self._running_loop()

    def stop(self) -> None:
        """Measure no more."""
        if self._on:
            self._on = False
            gc.callbacks.remove(self._collecting)
            for metric, callback in self._observed.items():
                HUB.registry.forget(metric, callback)
            self._patches.undo()
            for ticks in list(self._ticks.values()):
                ticks.on = False

    def watch_loop(self, loop: "AbstractEventLoop") -> "_Ticks":
        """Measure a loop, anew where it was measured in an earlier run."""
        if (earlier := self._ticks.get(loop)) is not None:
            earlier.stop()
        ticks = self._ticks[loop] = _Ticks(loop)
        return ticks

    def _running_loop(self) -> None:
        """Measure the loop that runs already: servers import applications, and with them this, within theirs."""
        asyncio = sys.modules.get("asyncio")
        try:
            if asyncio is not None:
                self.watch_loop(asyncio.get_running_loop())
        except RuntimeError:
            return  # none runs

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        now = time.perf_counter_ns()
        if phase == "start":
            self._pause_started = now
        else:
            pause = (now - self._pause_started) / 1e9
            GARBAGE.postponed.append(functools.partial(self._paused, info["generation"], pause))

    def _paused(self, generation: int, seconds: float) -> None:
        try:
            self._pauses[generation].record(seconds)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("measuring the garbage collector")

    def _loops(self, module: ModuleType) -> None:
        owner = module.Loop if hasattr(module, "Loop") else module.BaseEventLoop
        if self._on:
            self._patches.replace(owner, "run_forever", _watched)


def _watched(run_forever: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(run_forever)
    def wrapper(loop: "AbstractEventLoop") -> None:
        ticks = _ticks(loop)
        try:
            run_forever(loop)
        finally:
            if ticks is not None:
                ticks.stop()

    return wrapper


def _ticks(loop: "AbstractEventLoop") -> "_Ticks | None":
    try:
        return RUNTIME.watch_loop(loop)
    except Exception:  # noqa: BLE001 - the application's loop runs whatever happens
        HUB.failed("measuring an event loop")
        return None


class _Ticks:
    """Asks an event loop for a call ten times a second and measures how late it comes."""

    def __init__(self, loop: "AbstractEventLoop") -> None:
        self.on = True
        self._loop = loop
        self._cell = HUB.registry.histogram(_LAG, ())
        self._due = loop.time() + _TICK_SECONDS
        self._handle = loop.call_at(self._due, self._tick)

    def stop(self) -> None:
        """Ask for no more; in the loop's thread."""
        self.on = False
        self._handle.cancel()

    def _tick(self) -> None:
        if not self.on:
            return
        try:
            now = self._loop.time()
            self._cell.record(max(0.0, now - self._due))
            self._due = now + _TICK_SECONDS
            self._handle = self._loop.call_at(self._due, self._tick)
        except Exception:  # noqa: BLE001
            HUB.failed("measuring an event loop")


def _generation(number: int) -> Labels:
    return ((names.GC_GENERATION, number),)


def _cpu() -> Iterator[Observation]:
    times = os.times()
    yield ((names.PROCESS_CPU_MODE, "user"),), times.user
    yield ((names.PROCESS_CPU_MODE, "system"),), times.system


def _memory() -> Iterator[Observation]:
    with open(_STATM) as statm:  # noqa: PTH123 - no pathlib in every application
        yield (), int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _threads() -> Iterator[Observation]:
    yield (), threading.active_count()


def _files() -> Iterator[Observation]:
    yield (), len(os.listdir(_FD)) - 1  # noqa: PTH208 - the listing itself is one of them


RUNTIME = Runtime()
