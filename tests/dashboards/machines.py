"""The invented hours of the machines: hosts, processes, limits, the exporters and the servers that watch them."""

from collections.abc import Iterator
from itertools import product

from .courses import (
    GIGABYTE,
    INCIDENT,
    RESTART,
    Labels,
    Series,
    counter,
    failing,
    leveled,
    load,
    scaled,
    slowed,
)

COUNTERS = {
    "node_vmstat_pswpin": 0.5,
    "node_vmstat_pswpout": 0.7,
    "node_vmstat_pgmajfault": 2,
    "node_vmstat_oom_kill": 0.0002,
    "node_netstat_Tcp_RetransSegs": 1,
    "node_netstat_Tcp_OutSegs": 900,
    "node_pressure_cpu_waiting_seconds_total": 0.04,
    "node_pressure_memory_waiting_seconds_total": 0.001,
    "node_pressure_memory_stalled_seconds_total": 0.0004,
    "node_pressure_io_waiting_seconds_total": 0.02,
}
PER_DEVICE = {
    "node_disk_read_bytes_total": 4e6,
    "node_disk_written_bytes_total": 9e6,
    "node_disk_io_time_seconds_total": 0.2,
    "node_disk_io_time_weighted_seconds_total": 0.4,
    "node_network_receive_bytes_total": 3e6,
    "node_network_transmit_bytes_total": 5e6,
    "node_network_receive_errs_total": 0.01,
    "node_network_receive_drop_total": 0.02,
    "node_network_transmit_errs_total": 0.01,
    "node_network_transmit_drop_total": 0.01,
}
GROUP_LEVELS = {
    "processes": 4.0,
    "threads": 20.0,
    "open_fds": 60.0,
    "resident_memory_bytes": 5e8,
    "memory_ratio": 0.03,
    "start_time_seconds": 1.7e9,
}
LEVELS = {
    "node_load5": 0.7,
    "node_filefd_allocated": 2000,
    "node_filefd_maximum": 9000,
    "node_nf_conntrack_entries": 400,
    "node_nf_conntrack_entries_limit": 9000,
    "node_timex_offset_seconds": 0.002,
}


def host(labels: Labels) -> Iterator[Series]:
    """Yield the series of a host."""
    for cpu, (mode, share) in product("01", {"idle": 0.7, "user": 0.2, "system": 0.07, "iowait": 0.03}.items()):
        course = counter(lambda m, share=share: share * (1 if share > 0.5 else load(m)), restarts=False)  # type: ignore[misc]
        yield "node_cpu_seconds_total", {**labels, "cpu": cpu, "mode": mode}, course
    memory = {"MemTotal": 16.0, "MemFree": 3.0, "MemAvailable": 7.0, "Buffers": 0.5, "Cached": 4.0, "SReclaimable": 0.4}
    for name, size in memory.items():
        yield f"node_memory_{name}_bytes", labels, lambda _, size=size: size * GIGABYTE  # type: ignore[misc]
    yield "tachograph_memory_utilization_ratio", labels, lambda minute: 0.5 * load(minute)
    disk = {**labels, "device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/"}
    yield "tachograph_filesystem_utilization_ratio", disk, lambda minute: 0.6 + minute / 2000
    yield "node_filesystem_files", disk, lambda _: 1e6
    yield "node_filesystem_files_free", disk, lambda minute: 8e5 - 100 * minute
    for name, rate in COUNTERS.items():
        yield name, labels, counter(scaled(rate), restarts=False)
    for name, rate in PER_DEVICE.items():
        device = "eth0" if "network" in name else "sda"
        yield name, {**labels, "device": device}, counter(scaled(rate), restarts=False)
    for name, level in LEVELS.items():
        yield name, labels, leveled(level)
    yield "node_time_seconds", labels, lambda minute: 1_700_000_000 + minute * 60
    yield "node_boot_time_seconds", labels, lambda _: 1_690_000_000
    yield "node_exporter_build_info", {**labels, "version": "1.0"}, lambda _: 1


def processes(labels: Labels) -> Iterator[Series]:
    """Yield the series of a host's processes."""
    levels = {"node_processes_pids": 180.0, "node_processes_threads": 700.0, "node_procs_blocked": 1.0}
    yield from ((name, labels, leveled(level)) for name, level in levels.items())
    yield "node_processes_max_threads", labels, lambda _: 30_000
    for state, number in {"R": 2.0, "S": 150.0, "D": 1.0, "Z": 1.0}.items():
        yield "node_processes_state", {**labels, "state": state}, leveled(number)
    for name, cores in {"python3": 0.8, "postgres": 0.2}.items():
        yield "tachograph_top_process_cpu_cores", {**labels, "name": name}, leveled(cores)
        yield "tachograph_top_process_memory_bytes", {**labels, "name": name}, leveled(cores * GIGABYTE)
    for group in ("api", "workers"):
        named = {**labels, "group": group}
        for name, level in GROUP_LEVELS.items():
            yield f"tachograph_process_group_{name}", named, leveled(level)
        for name in ("read_bytes_total", "written_bytes_total"):
            yield f"tachograph_process_group_{name}", named, counter(scaled(2e5), restarts=False)
        yield "tachograph_process_group_starts_total", named, counter(scaled(0.001), restarts=False)
        course = counter(scaled(0.3), restarts=False)
        yield "tachograph_process_group_cpu_seconds_total", {**named, "mode": "user"}, course


def limits(labels: Labels) -> Iterator[Series]:
    """Yield the series of containers, GPUs and endpoints."""
    group = {**labels, "cgroup": "/system.slice/tachograph.service"}
    for name, rate in {"cpu_throttled_periods": 0.2, "cpu_periods": 10, "oom_kills": 0.0003}.items():
        yield f"tachograph_cgroup_{name}_total", group, counter(scaled(rate), restarts=False)
    course = counter(scaled(0.2), restarts=False)
    yield "tachograph_cgroup_cpu_seconds_total", {**group, "mode": "user"}, course
    course = counter(scaled(0.01), restarts=False)
    yield "tachograph_cgroup_pressure_waiting_seconds_total", {**group, "resource": "cpu"}, course
    yield "tachograph_cgroup_memory_working_set_bytes", group, leveled(4e8)
    yield "tachograph_cgroup_memory_limit_bytes", group, lambda _: 1e9
    gpu = {**labels, "gpu": "0", "uuid": "GPU-0"}
    yield "tachograph_gpu_utilization_ratio", gpu, leveled(0.6)
    yield "tachograph_gpu_memory_utilization_ratio", gpu, leveled(0.5)
    yield "tachograph_gpu_temperature_celsius", gpu, leveled(58)
    probe = {**labels, "target": "shop"}
    yield "tachograph_probe_success", probe, lambda minute: 0 if int(minute) in INCIDENT else 1
    yield "tachograph_probe_duration_seconds", probe, slowed(0.04)
    yield "tachograph_probe_loss_ratio", probe, failing
    yield "tachograph_probe_tls_expiry_timestamp_seconds", probe, lambda _: 1_770_000_000
    yield "tachograph_probe_uptime_ratio", probe, lambda minute: 1 if minute < INCIDENT.start else 0.97


def exporter(labels: Labels) -> Iterator[Series]:
    """Yield the series of an exporter."""
    yield "up", labels, lambda _: 1
    yield "scrape_duration_seconds", labels, lambda minute: 0.006 * load(minute)
    yield "process_cpu_seconds_total", labels, counter(scaled(0.01))
    yield "process_open_fds", labels, leveled(30)
    yield "process_max_fds", labels, lambda _: 1024
    yield "process_resident_memory_bytes", labels, lambda minute: 38e6 + minute * 1e4
    yield "process_start_time_seconds", labels, lambda minute: 1_700_000_000 if minute < RESTART else 1_700_018_000
    for collector, success in (("cpu", 1), ("meminfo", 1), ("bonding", 0)):
        named = {**labels, "collector": collector}
        yield "node_scrape_collector_success", named, lambda _, success=success: success  # type: ignore[misc]
        yield "node_scrape_collector_duration_seconds", named, lambda minute: 0.0004 * load(minute)
    for signal, code in product(("metrics", "traces"), ("200", "429")):
        yield "tachograph_otlp_requests_total", {**labels, "signal": signal, "code": code}, counter(scaled(0.4))
    for signal in ("metrics", "traces"):
        yield "tachograph_otlp_points_total", {**labels, "signal": signal}, counter(scaled(60))
    yield "tachograph_otlp_refused_points_total", {**labels, "reason": "duplicate"}, counter(scaled(0.02))
    yield "tachograph_store_series", labels, lambda minute: 900 + minute
    yield "tachograph_store_folded_series_total", labels, counter(scaled(0.001))


def servers(labels: Labels) -> Iterator[Series]:
    """Yield the series of Prometheus and Alertmanager."""
    yield "up", labels, lambda _: 1
    yield "prometheus_rule_evaluation_failures_total", labels, counter(scaled(0.0))
    yield "prometheus_rule_group_last_duration_seconds", labels, leveled(0.02)
    yield "prometheus_rule_group_interval_seconds", labels, lambda _: 15
    yield "prometheus_notifications_errors_total", labels, counter(scaled(0.001))
    delivery = {"job": "alertmanager", "instance": "10.0.0.9:9093", "integration": "slack"}
    yield "alertmanager_notifications_failed_total", delivery, counter(scaled(0.002))
