"""The CPU time it takes to write ten thousand lines of histograms, and whether they are prometheus-client's."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from prometheus_client import Metric as ClientMetric
from prometheus_client import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from tachograph_exporter.exposition.distribution import Distribution
from tachograph_exporter.exposition.metric import Metric, family
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.registry import client_metric

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
_SERIES = 527  # with 19 lines each, ten thousand


@dataclass(frozen=True, slots=True)
class Written:
    """Medians in milliseconds, and whether the bytes were the same."""

    lines: int
    ours_milliseconds: float
    theirs_milliseconds: float
    same: bool


class _Given(Collector):
    def __init__(self, metric: Metric) -> None:
        self._metric = client_metric(metric)

    def collect(self) -> Iterator[ClientMetric]:
        yield self._metric


def _metric(step: int) -> Metric:
    rows = [
        (
            (f"operation {number}", "prod", "shop"),
            Distribution(_BOUNDS, [number * place + step for place in range(17)], number / 7),
        )
        for number in range(_SERIES)
    ]
    labels = ("tachograph_operation_name", "deployment_environment_name", "service_name")
    return family("tachograph_operation_duration_seconds", "histogram", "Duration of operations.", labels, rows)


def measure(rounds: int = 15) -> Written:
    """Write a histogram that grows, with ours and with prometheus-client's, in turn."""
    writer, ours, theirs, same = TextWriter(), [], [], True
    writer.write([_metric(0)])
    for number in range(1, rounds + 1):
        metric = _metric(number)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Given(metric))
        start = time.thread_time()
        text = writer.write([metric])
        middle = time.thread_time()
        expected = generate_latest(registry)
        ours.append(middle - start)
        theirs.append(time.thread_time() - middle)
        same = same and text == expected
    return Written(text.count(b"\n") - 2, median(ours) * 1e3, median(theirs) * 1e3, same)
