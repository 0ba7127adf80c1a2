"""What happens once in a process: the import, the exit with a receiver that is away, and forks."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from tests.instrumentation.test_fork import SCRIPT as FORKS

_IMPORT = """
import os, time
import opentelemetry.context, opentelemetry.metrics, opentelemetry.trace

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

memory, cpu = resident(), time.process_time()
import {module}
print((time.process_time() - cpu) * 1e3, (resident() - memory) / 2**20)
"""

_EXIT = {
    "Tachograph": """
import tachograph
tachograph.setup("benchmark", sys.argv[1])
for _ in range(1000):
    with tachograph.operation("work"):
        pass
""",
    "OpenTelemetry SDK": """
import logging; logging.disable()
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(sys.argv[1] + "/v1/traces")))
meters = MeterProvider((PeriodicExportingMetricReader(OTLPMetricExporter(sys.argv[1] + "/v1/metrics")),))
histogram = meters.get_meter("work").create_histogram("work")
tracer = provider.get_tracer("work")
for _ in range(1000):
    with tracer.start_as_current_span("work"):
        histogram.record(1)
""",
}
_TIMED = """
import sys, time
{code}
began = time.monotonic()
import atexit; atexit._run_exitfuncs()
print(time.monotonic() - began)
"""


def imports(module: str, *, rounds: int) -> tuple[float, float]:
    """Return the milliseconds of CPU time and the MB that the import of a module takes over the API's."""
    runs = [_numbers(_IMPORT.format(module=module)) for _ in range(rounds)]
    return median(cpu for cpu, _ in runs), median(memory for _, memory in runs)


def exits(who: str, kind: str) -> float:
    """Return the seconds that the end of a process takes whose receiver is refusing, silent or slow."""
    with _receiver(kind) as url:
        (seconds,) = _numbers(_TIMED.format(code=_EXIT[who]), url)
    return seconds


def deadlocks(children: int) -> int:
    """Return how many of so many children hang that are forked while three threads record."""
    with _receiver("refusing") as url:
        return int(_run(FORKS, url, str(children)))


def _numbers(script: str, *arguments: str) -> list[float]:
    return [float(word) for word in _run(script, *arguments).split()]


def _run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def _receiver(kind: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        if kind == "slow":
            threading.Thread(target=_drip, args=(server,), daemon=True).start()
        elif kind == "refusing":
            server.close()
        yield url


def _drip(server: socket.socket) -> None:
    """Answer each request with a byte a second."""
    try:
        while True:
            client, _ = server.accept()
            threading.Thread(target=_drip_to, args=(client,), daemon=True).start()
    except OSError:
        return


def _drip_to(client: socket.socket) -> None:
    pause = threading.Event()
    try:
        for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n":
            client.send(bytes((byte,)))
            pause.wait(1)
    except OSError:
        client.close()
