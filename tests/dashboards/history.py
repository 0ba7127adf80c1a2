"""Six invented hours of two services on two hosts: a normal day, an incident, a deployment, a restart.

From minute 120 to 165 the models answer slowly and badly and the database with them; at 240 a new version is deployed;
at 300 the exporters are restarted, so that counters begin at 0 again.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

MINUTES = 360
STEP_SECONDS = 60
INCIDENT, DEPLOYMENT, RESTART = range(120, 165), 240, 300
HOSTS = ("10.0.0.1:9100", "10.0.0.2:9100")
SERVICES = (("assistant", "production"), ("checkout", "staging"))
OPERATIONS = {
    "request": 1.2,
    "agent.step": 0.9,
    "memory.search": 0.02,
    "context.retrieve": 0.04,
    "memory.create": 0.006,
}
MODELS = {("openai", "gpt-4o-mini"): 0.6, ("openai", "gpt-4o"): 1.1, ("anthropic", "claude-sonnet-4-5"): 1.4}
STATEMENTS = {("SELECT", "memories"): 0.008, ("INSERT", "memories"): 0.004, ("SELECT", "users"): 0.002}
SYSTEMS = {"postgresql": 1.0, "redis": 0.1}
CACHES = {("embeddings", "L1"): 0.93, ("embeddings", "L2"): 0.85, ("sessions", "L1"): 0.97}
OPERATION_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 100)
LLM_BOUNDS = tuple(0.01 * 2**power for power in range(14))
QUERY_BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
ROW_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
GIGABYTE = 1e9

Labels = dict[str, str]
Course = Callable[[float], float]
Series = tuple[str, Labels, Course]


def load(minute: float) -> float:
    """Return how busy the services are: a wave over the six hours with a ripple."""
    return 1 + 0.4 * math.sin(minute * math.tau / MINUTES) + 0.04 * math.sin(minute / 3)


def slowness(minute: float) -> float:
    """Return how many times slower than usual everything is."""
    return 8.0 if int(minute) in INCIDENT else 0.9 if minute >= DEPLOYMENT else 1.0


def failing(minute: float) -> float:
    """Return the share of calls that fail."""
    return 0.18 if int(minute) in INCIDENT else 0.0004


def lines(series: Iterable[Series], *, end: int, step_seconds: int = STEP_SECONDS) -> Iterator[str]:
    """Yield the six hours before `end` (seconds since 1970) as OpenMetrics; NaN is where a series has no sample."""
    start = end - MINUTES * 60
    for name, labels, course in series:
        shown = ",".join(f'{label}="{value}"' for label, value in labels.items())
        for second in range(0, MINUTES * 60 + 1, step_seconds):
            value = course(second / 60)
            if not math.isnan(value):
                yield f"{name}{{{shown}}} {value:.9g} {start + second}\n"
    yield "# EOF\n"


def counter(per_second: Course, *, restarts: bool = True) -> Course:
    """Return a counter that grows at a rate, from 0 again after the restart."""
    values, total = [0.0], 0.0
    for minute in range(1, MINUTES + 1):
        total = 0.0 if restarts and minute == RESTART else total + per_second(minute) * 60
        values.append(total)

    def between(minute: float) -> float:
        before, after = values[int(minute)], values[math.ceil(minute)]
        return before + (minute % 1) * max(0, after - before)

    return between


def histogram(
    name: str, labels: Labels, bounds: Sequence[float], per_second: Course, median: Course
) -> Iterator[Series]:
    """Yield a histogram's series: durations spread log-normally around a median that moves."""

    def until(bound: float) -> Course:
        return lambda minute: per_second(minute) * _below(bound, median(minute))

    for bound in bounds:
        yield f"{name}_bucket", {**labels, "le": f"{bound:g}"}, counter(until(bound))
    yield f"{name}_bucket", {**labels, "le": "+Inf"}, counter(per_second)
    yield f"{name}_count", labels, counter(per_second)
    yield f"{name}_sum", labels, counter(lambda minute: per_second(minute) * median(minute) * 1.13)


def six_hours() -> Iterator[Series]:
    """Yield every series of the invented hours."""
    for instance in HOSTS:
        yield from _host({"job": "node", "instance": instance})
        yield from _processes({"job": "node", "instance": instance})
        yield from _limits({"job": "node", "instance": instance})
        yield from _exporter({"job": "node", "instance": instance})
    for (service, environment), instance in zip(SERVICES, HOSTS, strict=True):
        labels = {
            "job": "node",
            "instance": instance,
            "service_name": service,
            "deployment_environment_name": environment,
        }
        yield from _service(labels)
        yield from _models(labels)
        yield from _data(labels)
    yield from _servers({"job": "prometheus", "instance": "10.0.0.9:9090"})
    yield from _alerts()


def _servers(labels: Labels) -> Iterator[Series]:
    yield "up", labels, lambda _: 1
    yield "prometheus_rule_evaluation_failures_total", labels, counter(_scaled(0.0))
    yield "prometheus_rule_group_last_duration_seconds", labels, _leveled(0.02)
    yield "prometheus_rule_group_interval_seconds", labels, lambda _: 15
    yield "prometheus_notifications_errors_total", labels, counter(_scaled(0.001))
    delivery = {"job": "alertmanager", "instance": "10.0.0.9:9093", "integration": "slack"}
    yield "alertmanager_notifications_failed_total", delivery, counter(_scaled(0.002))


def _alerts() -> Iterator[Series]:
    firing = {
        ("LlmErrorsHigh", "critical"): INCIDENT,
        ("OperationSlow", "warning"): range(125, 160),
        ("CacheHitRateLow", "warning"): range(340, MINUTES + 1),
    }
    for (alert, severity), minutes in firing.items():
        labels = {"alertname": alert, "alertstate": "firing", "severity": severity, "service_name": SERVICES[0][0]}
        yield "ALERTS", labels, _during(minutes)


def _service(labels: Labels) -> Iterator[Series]:
    for operation, seconds in OPERATIONS.items():
        named = {**labels, "tachograph_operation_name": operation}
        yield "tachograph_operation_active", named, lambda minute: round(2 * load(minute) * slowness(minute))
        yield from _outcomes("tachograph_operation_duration_seconds", named, OPERATION_BOUNDS, 6, seconds)
        recorded = "service_operation:tachograph_operation_duration_seconds:p95_rate5m"
        yield recorded, _without(named, "job", "instance"), _slowed(2 * seconds)
    for kind, share in {"llm": 0.7, "db": 0.1, "cache": 0.02, "operation": 0.08, "own": 0.1}.items():
        named = {**labels, "tachograph_operation_name": "request", "tachograph_time_kind": kind}
        yield "tachograph_operation_time_seconds_total", named, counter(_scaled(7 * share))
    yield from histogram("tachograph_runtime_event_loop_lag_seconds", labels, QUERY_BOUNDS, _scaled(20), _slowed(0.002))
    yield "tachograph_runtime_gc_pause_seconds_sum", labels, counter(_scaled(0.004))
    for version, minutes in (("1.4.0", range(DEPLOYMENT)), ("1.5.0", range(DEPLOYMENT, MINUTES + 1))):
        yield "target_info", {**labels, "service_version": version}, _during(minutes)


def _models(labels: Labels) -> Iterator[Series]:
    for (provider, model), seconds in MODELS.items():
        named = {
            **labels,
            "gen_ai_provider_name": provider,
            "gen_ai_request_model": model,
            "gen_ai_operation_name": "chat",
        }
        yield from _outcomes("gen_ai_client_operation_duration_seconds", named, LLM_BOUNDS, 2, seconds)
        for name, part in (("time_to_first_chunk", 0.4), ("time_per_output_chunk", 0.02)):
            course = _slowed(seconds * part)
            yield from histogram(f"gen_ai_client_{name}_seconds", named, LLM_BOUNDS, _scaled(1), course)
        for kind, tokens in {"input": 900.0, "output": 150.0}.items():
            yield "gen_ai_client_token_usage_sum", {**named, "gen_ai_token_type": kind}, counter(_scaled(2 * tokens))
        yield "tachograph_gen_ai_client_cost_usd_total", named, counter(_scaled(2 * 0.0004 * seconds))
        for kind, tokens in {"input": 700.0, "cache_read": 200.0, "output": 120.0, "reasoning": 30.0}.items():
            for useful, share in (("true", 0.93), ("false", 0.07)):
                paid = {**named, "gen_ai_token_type": kind, "tachograph_gen_ai_token_useful": useful}
                yield "tachograph_gen_ai_client_tokens_total", paid, counter(_scaled(2 * tokens * share))
        for outcome, share in {"success": 1.0, "rate_limited": 0.06, "server_error": 0.02}.items():
            attempt = {**named, "tachograph_gen_ai_attempt_outcome": outcome}
            yield "tachograph_gen_ai_client_attempts_total", attempt, counter(_scaled(2 * share))
        fallback = {**named, "tachograph_gen_ai_fallback_from_model": "gpt-4o"}
        yield "tachograph_gen_ai_client_fallbacks_total", fallback, counter(_scaled(0.01))
        quota = {**named, "tachograph_gen_ai_quota_type": "requests"}
        yield "tachograph_gen_ai_client_quota_remaining", quota, lambda minute: 450 / load(minute)
    yield "tachograph_gen_ai_client_budget_usd", labels, lambda _: 150


def _data(labels: Labels) -> Iterator[Series]:
    for (system, weight), ((operation, table), seconds) in product(SYSTEMS.items(), STATEMENTS.items()):
        named = {
            **labels,
            "db_system_name": system,
            "db_operation_name": operation,
            "db_collection_name": table,
            "db_query_summary": f"{operation} {table}",
        }
        yield from _outcomes("db_client_operation_duration_seconds", named, QUERY_BOUNDS, 9, seconds * weight)
        yield from histogram("db_client_response_returned_rows", named, ROW_BOUNDS, _scaled(9), lambda _: 12)
    for system in SYSTEMS:
        named = {**labels, "db_system_name": system, "tachograph_db_transaction_outcome": "commit"}
        name = "tachograph_db_transaction_duration_seconds"
        yield from histogram(name, named, QUERY_BOUNDS, _scaled(2), _slowed(0.01))
    for (cache, level), rate in CACHES.items():
        named = {**labels, "cache_name": cache, "cache_level": level}
        for result, share in (("hit", rate), ("miss", 1 - rate)):
            yield "cache_requests_total", {**named, "cache_request_result": result}, counter(_scaled(20 * share))
        yield "cache_entries", named, lambda minute: min(1000, 5 * minute)
        yield "cache_max_entries", named, lambda _: 1000


def _outcomes(
    name: str, labels: Labels, bounds: Sequence[float], per_second: float, seconds: float
) -> Iterator[Series]:
    """Yield the histograms of what succeeded and of what failed in two ways."""
    yield from histogram(name, labels, bounds, lambda m: per_second * load(m) * (1 - failing(m)), _slowed(seconds))
    for error in ("RateLimitError", "TimeoutError"):
        named = {**labels, "error_type": error}
        yield from histogram(name, named, bounds, lambda m: per_second * load(m) * failing(m) / 2, _slowed(seconds))


def _host(labels: Labels) -> Iterator[Series]:
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
        yield name, labels, counter(_scaled(rate), restarts=False)
    for name, rate in PER_DEVICE.items():
        device = "eth0" if "network" in name else "sda"
        yield name, {**labels, "device": device}, counter(_scaled(rate), restarts=False)
    for name, level in LEVELS.items():
        yield name, labels, _leveled(level)
    yield "node_time_seconds", labels, lambda minute: 1_700_000_000 + minute * 60
    yield "node_boot_time_seconds", labels, lambda _: 1_690_000_000
    yield "node_exporter_build_info", {**labels, "version": "1.0"}, lambda _: 1


def _processes(labels: Labels) -> Iterator[Series]:
    levels = {"node_processes_pids": 180.0, "node_processes_threads": 700.0, "node_procs_blocked": 1.0}
    yield from ((name, labels, _leveled(level)) for name, level in levels.items())
    yield "node_processes_max_threads", labels, lambda _: 30_000
    for state, number in {"R": 2.0, "S": 150.0, "D": 1.0, "Z": 1.0}.items():
        yield "node_processes_state", {**labels, "state": state}, _leveled(number)
    for name, cores in {"python3": 0.8, "postgres": 0.2}.items():
        yield "tachograph_top_process_cpu_cores", {**labels, "name": name}, _leveled(cores)
        yield "tachograph_top_process_memory_bytes", {**labels, "name": name}, _leveled(cores * GIGABYTE)
    for group in ("api", "workers"):
        named = {**labels, "group": group}
        for name, level in GROUP_LEVELS.items():
            yield f"tachograph_process_group_{name}", named, _leveled(level)
        for name in ("read_bytes_total", "written_bytes_total"):
            yield f"tachograph_process_group_{name}", named, counter(_scaled(2e5), restarts=False)
        yield "tachograph_process_group_starts_total", named, counter(_scaled(0.001), restarts=False)
        course = counter(_scaled(0.3), restarts=False)
        yield "tachograph_process_group_cpu_seconds_total", {**named, "mode": "user"}, course


def _limits(labels: Labels) -> Iterator[Series]:
    group = {**labels, "cgroup": "/system.slice/tachograph.service"}
    for name, rate in {"cpu_throttled_periods": 0.2, "cpu_periods": 10, "oom_kills": 0.0003}.items():
        yield f"tachograph_cgroup_{name}_total", group, counter(_scaled(rate), restarts=False)
    course = counter(_scaled(0.2), restarts=False)
    yield "tachograph_cgroup_cpu_seconds_total", {**group, "mode": "user"}, course
    course = counter(_scaled(0.01), restarts=False)
    yield "tachograph_cgroup_pressure_waiting_seconds_total", {**group, "resource": "cpu"}, course
    yield "tachograph_cgroup_memory_working_set_bytes", group, _leveled(4e8)
    gpu = {**labels, "gpu": "0", "uuid": "GPU-0"}
    yield "tachograph_gpu_utilization_ratio", gpu, _leveled(0.6)
    yield "tachograph_gpu_memory_utilization_ratio", gpu, _leveled(0.5)
    yield "tachograph_gpu_temperature_celsius", gpu, _leveled(58)
    probe = {**labels, "target": "shop"}
    yield "tachograph_probe_success", probe, lambda minute: 0 if int(minute) in INCIDENT else 1
    yield "tachograph_probe_duration_seconds", probe, _slowed(0.04)
    yield "tachograph_probe_loss_ratio", probe, failing
    yield "tachograph_probe_uptime_ratio", probe, lambda minute: 1 if minute < INCIDENT.start else 0.97


def _exporter(labels: Labels) -> Iterator[Series]:
    yield "up", labels, lambda _: 1
    yield "scrape_duration_seconds", labels, lambda minute: 0.006 * load(minute)
    yield "process_cpu_seconds_total", labels, counter(_scaled(0.01))
    yield "process_resident_memory_bytes", labels, lambda minute: 38e6 + minute * 1e4
    yield "process_start_time_seconds", labels, lambda minute: 1_700_000_000 if minute < RESTART else 1_700_018_000
    for collector, success in (("cpu", 1), ("meminfo", 1), ("bonding", 0)):
        named = {**labels, "collector": collector}
        yield "node_scrape_collector_success", named, lambda _, success=success: success  # type: ignore[misc]
        yield "node_scrape_collector_duration_seconds", named, lambda minute: 0.0004 * load(minute)
    for signal, code in product(("metrics", "traces"), ("200", "429")):
        yield "tachograph_otlp_requests_total", {**labels, "signal": signal, "code": code}, counter(_scaled(0.4))
    for signal in ("metrics", "traces"):
        yield "tachograph_otlp_points_total", {**labels, "signal": signal}, counter(_scaled(60))
    yield "tachograph_store_series", labels, lambda minute: 900 + minute
    yield "tachograph_store_folded_series_total", labels, counter(_scaled(0.001))


COUNTERS = {
    "node_vmstat_pswpin": 0.5,
    "node_vmstat_pswpout": 0.7,
    "node_vmstat_pgmajfault": 2,
    "node_vmstat_oom_kill": 0.0002,
    "node_netstat_Tcp_RetransSegs": 1,
    "node_netstat_Tcp_OutSegs": 900,
    "node_pressure_cpu_waiting_seconds_total": 0.04,
    "node_pressure_memory_waiting_seconds_total": 0.001,
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


def _without(labels: Labels, *names: str) -> Labels:
    return {name: value for name, value in labels.items() if name not in names}


def _scaled(per_second: float) -> Course:
    return lambda minute: per_second * load(minute)


def _leveled(level: float) -> Course:
    return lambda minute: level * load(minute)


def _slowed(seconds: float) -> Course:
    return lambda minute: seconds * slowness(minute)


def _during(minutes: range) -> Course:
    return lambda minute: 1 if int(minute) in minutes else math.nan


def _below(bound: float, median: float) -> float:
    return 0.5 * (1 + math.erf(math.log(bound / median) / (0.5 * math.sqrt(2))))
