"""What a scrape of many operation lines costs the exporter, without host metrics, HTTP or anybody else."""

import gc
import time
from dataclasses import dataclass
from statistics import median

from tachograph_exporter.exposition.text import OpenMetricsWriter
from tachograph_exporter.otlp.metrics import MetricsIntake
from tachograph_exporter.otlp.options import Options
from tachograph_exporter.server.compression import compress
from tachograph_exporter.store import Store

from .load import LINES, Export

_PROCESSES = 50


@dataclass(frozen=True)
class Written:
    """Median CPU milliseconds, and the body's size."""

    lines: int
    collecting: float
    writing: float
    megabytes: float
    compressed_megabytes: float


def measure(lines: int, *, rounds: int) -> Written:
    """Let every series grow between two scrapes; write and compress them."""
    exports = [Export(round(lines / LINES / _PROCESSES), service=f"service-{one}") for one in range(_PROCESSES)]
    store, writer = Store(), OpenMetricsWriter()
    intake = MetricsIntake(store, Options())
    collecting, writing, plain, packed = [], [], b"", b""
    for _ in range(rounds + 1):
        for export in exports:
            intake.take(export.body())
        gc.collect()
        start = time.process_time()
        metrics = list(store.metrics())
        middle = time.process_time()
        packed = compress(writer.pieces(metrics))
        writing.append((time.process_time() - middle) * 1e3)
        collecting.append((middle - start) * 1e3)
    plain = writer.write(store.metrics())
    counted = plain.count(b"service_name=")
    return Written(counted, median(collecting[1:]), median(writing[1:]), len(plain) / 1e6, len(packed) / 1e6)
