"""The host by psutil, as on macOS and Windows, forced on Linux and held to what /proc says."""

import sys
from contextlib import closing
from unittest.mock import patch

import pytest

from tachograph_exporter.collectors import COLLECTORS, portable
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.collectors.gpu import Gpu
from tachograph_exporter.exposition.metric import Metric
from tachograph_exporter.host import Host


def _collected(kind: type[Collector]) -> list[Metric]:
    with closing(kind(Host())) as collector:
        return list(collector.collect())


def test_psutil_gives_the_same_names_types_and_labels_as_linux() -> None:
    linux = {
        metric.name: (metric.kind, metric.label_names)
        for kind in COLLECTORS
        if kind.name in {one.name for one in portable.COLLECTORS} - {"hwmon"}
        for metric in _collected(kind)
    }
    linux |= {metric.name: (metric.kind, metric.label_names) for metric in _collected(_linux("netclass"))}
    found = [
        metric
        for kind in portable.COLLECTORS
        if kind.name != "hwmon"
        for metric in _collected(kind)
        if metric.name in linux or metric.name.startswith("node_")
    ]
    assert {metric.name: (metric.kind, metric.label_names) for metric in found} == {
        metric.name: linux.get(metric.name) for metric in found
    }
    assert len(found) >= 38


def _linux(name: str) -> type[Collector]:
    return next(kind for kind in COLLECTORS if kind.name == name)


@pytest.mark.parametrize(
    ("collector", "metric", "slack"),
    [
        ("meminfo", "node_memory_MemTotal_bytes", 0.0),
        ("meminfo", "node_memory_MemAvailable_bytes", 0.05),
        ("stat", "node_boot_time_seconds", 2e-9),
        ("stat", "node_context_switches_total", 0.05),
        ("netdev", "node_network_receive_bytes_total", 0.05),
        ("diskstats", "node_disk_read_bytes_total", 0.05),
        ("cpu", "node_cpu_seconds_total", 0.05),
        ("filesystem", "node_filesystem_size_bytes", 0.0),
    ],
)
def test_psutil_gives_the_values_that_linux_gives(collector: str, metric: str, slack: float) -> None:
    def rows(kind: type[Collector]) -> dict[tuple[str, ...], object]:
        return {labels: value for one in _collected(kind) if one.name == metric for labels, value in one.rows}

    ours = rows(_linux(collector))
    others = rows(next(kind for kind in portable.COLLECTORS if kind.name == collector))
    shared = ours.keys() & others.keys()
    assert shared
    assert {key: others[key] for key in shared} == {key: pytest.approx(ours[key], rel=slack, abs=5) for key in shared}


def test_without_nvidias_bindings_the_gpu_collector_says_what_to_install() -> None:
    with patch.dict(sys.modules, {"pynvml": None}), pytest.raises(NoData, match=r"pip install 'tachograph\[gpu\]'"):
        _collected(Gpu)
