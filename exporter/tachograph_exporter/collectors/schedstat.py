"""Time that tasks ran and waited on each core, from /proc/schedstat."""

from collections.abc import Iterator

from ..exposition.metric import Labels, Metric
from .collector import Collector, NoData
from .files import fields

_NANOSECONDS = 1e9


class SchedulerStatistics(Collector):
    """Reads the scheduler's own account (kernel: Documentation/scheduler/sched-stats.rst)."""

    name = "schedstat"

    def collect(self) -> Iterator[Metric]:
        """Yield running and waiting seconds and time slices, by core."""
        try:
            data = self.files.proc("schedstat")
        except FileNotFoundError:
            raise NoData("the kernel was built without CONFIG_SCHEDSTATS") from None
        running: list[tuple[Labels, float]] = []
        waiting: list[tuple[Labels, float]] = []
        slices: list[tuple[Labels, float]] = []
        for name, *values in fields(data):
            if not name.startswith(b"cpu"):
                continue
            core = (name[3:].decode(),)
            running.append((core, int(values[6]) / _NANOSECONDS))
            waiting.append((core, int(values[7]) / _NANOSECONDS))
            slices.append((core, float(values[8])))
        yield Metric("node_schedstat_running_seconds_total", "counter", "Seconds that tasks ran.", ("cpu",), running)
        yield Metric("node_schedstat_timeslices_total", "counter", "Time slices run.", ("cpu",), slices)
        yield Metric("node_schedstat_waiting_seconds_total", "counter", "Seconds tasks waited.", ("cpu",), waiting)
