"""The obvious way: psutil read into prometheus-client's gauges by a custom collector, served by its own server.

Run as `python psutil_exporter.py PORT`.
"""

import sys
import threading
from collections.abc import Iterator, Mapping

import psutil
from prometheus_client import Metric, start_http_server
from prometheus_client.core import REGISTRY, CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_NETWORK = ("bytes_sent", "bytes_recv", "packets_sent", "packets_recv", "errin", "errout", "dropin", "dropout")
_DISK = ("read_count", "write_count", "read_bytes", "write_bytes", "read_time", "write_time")


class Host(Collector):
    """What psutil's documentation leads one to collect."""

    def collect(self) -> Iterator[Metric]:
        """Yield it."""
        cpu = CounterMetricFamily("host_cpu_seconds", "CPU time.", labels=("cpu", "mode"))
        for number, times in enumerate(psutil.cpu_times(percpu=True)):
            for mode, seconds in times._asdict().items():
                cpu.add_metric((str(number), mode), seconds)
        yield cpu
        for name, value in psutil.virtual_memory()._asdict().items():
            yield GaugeMetricFamily(f"host_memory_{name}", "Memory.", value=value)
        for name, value in psutil.swap_memory()._asdict().items():
            yield GaugeMetricFamily(f"host_swap_{name}", "Swap.", value=value)
        yield from self._filesystems()
        yield from self._devices("network", psutil.net_io_counters(pernic=True), _NETWORK)
        yield from self._devices("disk", psutil.disk_io_counters(perdisk=True), _DISK)
        for name, value in zip(("1", "5", "15"), psutil.getloadavg(), strict=True):
            yield GaugeMetricFamily(f"host_load{name}", "Load.", value=value)
        yield GaugeMetricFamily("host_boot_time_seconds", "Boot time.", value=psutil.boot_time())
        yield GaugeMetricFamily("host_processes", "Processes.", value=len(psutil.pids()))

    def _filesystems(self) -> Iterator[Metric]:
        size = GaugeMetricFamily("host_filesystem_bytes", "Space.", labels=("device", "mountpoint", "state"))
        for partition in psutil.disk_partitions():
            usage = psutil.disk_usage(partition.mountpoint)
            for state in ("total", "used", "free"):
                size.add_metric((partition.device, partition.mountpoint, state), getattr(usage, state))
        yield size

    def _devices(self, subject: str, counters: Mapping[str, object], columns: tuple[str, ...]) -> Iterator[Metric]:
        for column in columns:
            metric = CounterMetricFamily(f"host_{subject}_{column}", subject, labels=("device",))
            for device, values in counters.items():
                metric.add_metric((device,), getattr(values, column))
            yield metric


if __name__ == "__main__":
    REGISTRY.register(Host())
    start_http_server(int(sys.argv[1]), addr="127.0.0.1")
    threading.Event().wait()
