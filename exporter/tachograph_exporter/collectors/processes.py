"""The process table: how many processes are in which state, and which use most CPU and memory."""

import time
from collections import Counter
from collections.abc import Iterator

from ..exposition.metric import Labels, Metric, gauge
from ..host import Host
from .collector import Collector
from .options import Options
from .process_table import ProcessTable
from .process_top import ProcessOptions, Top


class Processes(Collector):
    """Reads the stat file of every process; off by default, as it is in node_exporter, for it costs with their number.

    The top lists add up the processes of one name, so that a service's workers count together and the number of
    series stays bounded, however many short-lived processes come and go.
    """

    name = "processes"
    default = False
    options_type = ProcessOptions
    options: ProcessOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._table = ProcessTable(str(host.proc))
        self._top = Top(self.options)

    def collect(self) -> Iterator[Metric]:
        """Yield the totals, the states, and the names that use most."""
        processes = self._table.read()
        states = Counter(process.state for process in processes)
        threads = sum(process.threads for process in processes)
        yield gauge("node_processes_max_processes", "Highest pid.", float(self.files.proc("sys/kernel/pid_max")))
        threads_max = float(self.files.proc("sys/kernel/threads-max"))
        yield gauge("node_processes_max_threads", "How many threads there can be.", threads_max)
        yield gauge("node_processes_pids", "Processes.", float(len(processes)))
        rows: list[tuple[Labels, float]] = [
            ((state.decode(),), float(count)) for state, count in sorted(states.items())
        ]
        yield Metric("node_processes_state", "gauge", "Processes in each state.", ("state",), rows)
        yield gauge("node_processes_threads", "Threads of all processes.", float(threads))
        yield from self._top.metrics(processes, time.monotonic())

    def close(self) -> None:
        """Close descriptors."""
        super().close()
        self._table.close()
