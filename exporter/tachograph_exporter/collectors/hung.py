"""Tasks that the kernel found hung, from /proc/sys/kernel/hung_task_detect_count."""

from collections.abc import Iterator

from ..exposition.metric import Metric, counter
from .collector import Collector, NoData


class HungTasks(Collector):
    """Reads the count of the kernel's hung-task watchdog (kernel: Documentation/admin-guide/sysctl/kernel.rst)."""

    name = "kernel_hung"

    def collect(self) -> Iterator[Metric]:
        """Yield node_kernel_hung_tasks_total."""
        try:
            count = float(self.files.proc("sys/kernel/hung_task_detect_count"))
        except FileNotFoundError:
            raise NoData("the kernel does not count hung tasks; Linux 6.13 with DETECT_HUNG_TASK does") from None
        yield counter("node_kernel_hung_tasks_total", "Tasks found hung since the host booted.", count)
