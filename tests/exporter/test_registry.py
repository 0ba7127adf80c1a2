"""The collectors in a registry of prometheus-client, and the exporter's metrics on itself."""

import os
import platform
from pathlib import Path

import psutil
import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from tachograph_exporter import __version__
from tachograph_exporter.collectors.options import Options
from tachograph_exporter.collectors.textfile import TextfileOptions
from tachograph_exporter.config import load
from tachograph_exporter.own import Own
from tachograph_exporter.registry import HostMetrics
from tachograph_exporter.settings import Settings


def test_an_application_serves_the_host_beside_its_own_metrics() -> None:
    registry = CollectorRegistry()
    Gauge("shop_orders", "Orders.", registry=registry).set(3)
    registry.register(HostMetrics())
    names = {line.split("{")[0].split(" ")[0] for line in generate_latest(registry).decode().splitlines()}
    wanted = {"shop_orders", "node_load1", "node_cpu_seconds_total", "node_scrape_collector_success"}
    assert (wanted - names, {name for name in names if name.startswith("process_")}) == (set(), set())


def test_an_application_chooses_its_collectors() -> None:
    settings = load(None, {f"collector.{name}": {"enabled": name == "loadavg"} for name in load(None).collectors})
    registry = CollectorRegistry()
    registry.register(HostMetrics(settings))
    names = [metric.name for metric in registry.collect()]
    assert names == [
        "node_load1",
        "node_load5",
        "node_load15",
        "node_scrape_collector_duration_seconds",
        "node_scrape_collector_success",
    ]


def test_a_text_files_series_of_a_hosts_family_are_in_that_family(tmp_path: Path) -> None:
    (tmp_path / "near.prom").write_text('# TYPE node_load1 gauge\nnode_load1{of="neighbour"} 7\n')
    options = {"loadavg": Options(), "textfile": TextfileOptions(directory=(str(tmp_path),))}
    registry = CollectorRegistry()
    registry.register(HostMetrics(Settings(collectors=options)))
    written = generate_latest(registry).decode()
    series = [line.split(" ")[0] for line in written.splitlines() if line.startswith(("node_load1 ", "node_load1{"))]
    assert (series, written.count("# TYPE node_load1 ")) == (["node_load1", 'node_load1{of="neighbour"}'], 1)


def test_registering_reads_nothing() -> None:
    assert list(HostMetrics().describe()) == []


def test_the_exporter_tells_of_its_own_process_what_psutil_tells() -> None:
    process = psutil.Process()
    found = {metric.name: metric.rows[0][1] for metric in Own().collect() if metric.name.startswith("process_")}
    times = process.cpu_times()
    soft, _ = process.rlimit(psutil.RLIMIT_NOFILE)
    assert found == {
        "process_cpu_seconds_total": pytest.approx(times.user + times.system, abs=0.1),
        "process_start_time_seconds": pytest.approx(process.create_time(), abs=1),
        "process_virtual_memory_bytes": pytest.approx(process.memory_info().vms, rel=0.1),
        "process_virtual_memory_max_bytes": pytest.approx(2.0**64),
        "process_resident_memory_bytes": pytest.approx(process.memory_info().rss, rel=0.1),
        "process_open_fds": pytest.approx(process.num_fds(), abs=1),
        "process_max_fds": soft,
    }


def test_its_build_has_both_names() -> None:
    builds = {
        metric.name: dict(zip(metric.label_names, metric.rows[0][0], strict=True))
        for metric in Own(process=False).collect()
        if metric.name.endswith("_build_info")
    }
    runtime = f"{platform.python_implementation()} {platform.python_version()}"
    node = builds["node_exporter_build_info"]
    assert (builds["tachograph_exporter_build_info"], node["version"], node["goos"], sorted(node)) == (
        {"version": __version__, "runtime": runtime},
        __version__,
        os.uname().sysname.lower(),
        ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"],
    )
