"""The processes that use most CPU and most memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest

from ..exposition.metric import Labels, Metric
from .options import Options, checked, not_negative, option
from .process import TICKS_PER_SECOND, Identity, Process


@dataclass(frozen=True, slots=True)
class ProcessOptions(Options):
    """How much of the table is reported."""

    top: int = checked(
        10, "How many processes to report, of those that use most CPU and of those that use most memory.", not_negative
    )
    top_pids: bool = option(
        default=False, documentation="Tell processes of one name apart by their pid; each new pid is a new series."
    )


class Top:
    """Adds up the processes of one name, and tells of the names that are on top."""

    def __init__(self, options: ProcessOptions) -> None:
        self._options = options
        self._use = CpuUse()

    def metrics(self, processes: Iterable[Process], now: float) -> Iterator[Metric]:
        """Yield the lists; that by CPU is empty the first time."""
        by_memory: defaultdict[Labels, float] = defaultdict(float)
        by_cpu: defaultdict[Labels, float] = defaultdict(float)
        counts: Counter[Labels] = Counter()
        cores = self._use.cores(processes, now)
        for process in processes:
            labels = self._labels(process)
            counts[labels] += 1
            if process.resident_bytes:
                by_memory[labels] += process.resident_bytes
            if used := cores.get(process.identity):
                by_cpu[labels] += used
        top_cpu = _largest(self._options.top, by_cpu)
        top_memory = _largest(self._options.top, by_memory)
        named = dict.fromkeys(labels for labels, _ in (*top_cpu, *top_memory))
        # Who is on top of one list has its other figure too; CPU is not known at the first look.
        working = [(labels, by_cpu[labels]) for labels in named] if by_cpu else []
        held = [(labels, by_memory[labels]) for labels in named]
        names = ("name", "pid") if self._options.top_pids else ("name",)
        documentation = "Cores that the processes of this name used since the scrape before; the top ones."
        yield Metric("tachograph_top_process_cpu_cores", "gauge", documentation, names, working)
        documentation = "Resident memory of the processes of this name; the top ones."
        yield Metric("tachograph_top_process_memory_bytes", "gauge", documentation, names, held)
        rows = [(labels, float(counts[labels])) for labels in named]
        yield Metric("tachograph_top_processes", "gauge", "Processes of a name that is on top.", names, rows)

    def _labels(self, process: Process) -> Labels:
        # kernel threads are named after what they do just now: kworker/0:1-events
        name = process.name.partition("/")[0] if process.kernel else process.name
        return (name, process.pid) if self._options.top_pids else (name,)


def _largest(count: int, values: Mapping[Labels, float]) -> list[tuple[Labels, float]]:
    return nlargest(count, values.items(), key=lambda item: (item[1], item[0]))


class CpuUse:
    """What each process used since the scrape before; a pid that is used again is another process."""

    def __init__(self) -> None:
        self._before: dict[Identity, int] | None = None
        self._then = 0.0

    def cores(self, processes: Iterable[Process], now: float) -> dict[Identity, float]:
        """Return the cores that each process kept busy; nothing at the first call, and nothing of idle processes."""
        ticks = {process.identity: process.ticks for process in processes}
        before, seconds = self._before, now - self._then
        self._before, self._then = ticks, now
        if before is None or seconds <= 0:
            return {}
        return {
            identity: (after - earlier) / TICKS_PER_SECOND / seconds
            for identity, after in ticks.items()
            if after > (earlier := before.get(identity, 0))
        }
