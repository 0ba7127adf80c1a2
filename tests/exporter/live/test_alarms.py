"""What would fire now: every rule that a quarter of an hour of samples can tell, at its own limits or a user's."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tachograph_exporter.exposition.distribution import Distribution
from tachograph_exporter.exposition.metric import Metric
from tachograph_exporter.live.history import History
from tachograph_exporter.live.readings.readers import READERS, UNREAD
from tachograph_exporter.live.view import View
from tachograph_exporter.rules.settings import Settings, parse
from tachograph_exporter.rules.subjects import CHECKS
from tests.exporter.otlp.exports import Clock
from tests.fixtures.process import CHECKOUT

BOUNDS = (0.01, 0.1, 1.0, 20.0)
SHOP = {"service_name": "shop"}
OPERATION = {**SHOP, "tachograph_operation_name": "memory.create"}
QUICK = {**SHOP, "tachograph_operation_name": "checkout"}
MODEL = {**SHOP, "gen_ai_provider_name": "openai", "gen_ai_request_model": "gpt-4o"}
QUERY = {**SHOP, "db_system_name": "postgresql", "db_operation_name": "SELECT", "db_collection_name": "orders"}
STATEMENT = {
    **SHOP,
    "db_system_name": "postgresql",
    "db_query_summary": "SELECT",
    "tachograph_db_statement_fingerprint": "f",
}
POOL = {**SHOP, "db_client_connection_pool_name": "main"}
DISK = {"device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/"}
Metrics = Callable[[int], Sequence[Metric]]


def one(name: str, value: float, **labels: str) -> Metric:
    return Metric(name, "gauge", "", tuple(labels), [(tuple(labels.values()), value)])


def calls(name: str, labels: Mapping[str, str], *counts: int) -> Metric:
    """Return a histogram whose calls took half a second on average."""
    observed = Distribution(BOUNDS, counts, sum(counts) * 0.5)
    return Metric(name, "histogram", "", tuple(labels), [(tuple(labels.values()), observed)])


def operations(minute: int, *counts: int, error: str = "") -> Metric:
    labels = {**OPERATION, **({"error_type": error} if error else {})}
    return calls("tachograph_operation_duration_seconds", labels, *(count * minute for count in counts))


def cpu(minute: int, busy: float) -> Metric:
    rows = [(("0", "user"), 60 * busy * minute), (("0", "idle"), 60 * (1 - busy) * minute)]
    return Metric("node_cpu_seconds_total", "counter", "", ("cpu", "mode"), rows)


def network(minute: int, per_minute: float, what: str = "bytes") -> list[Metric]:
    return [
        one(f"node_network_{way}_{what}_total", per_minute * minute, device="eth0") for way in ("receive", "transmit")
    ]


def requests(minute: int, hits: int) -> Metric:
    names = ("service_name", "cache_name", "cache_level", "cache_request_result")
    rows = [(("shop", "users", "L1", "hit"), float(hits * minute)), (("shop", "users", "L1", "miss"), 40.0 * minute)]
    return Metric("cache_requests_total", "counter", "", names, rows)


def attempts(minute: int, limited: int) -> Metric:
    names = (*MODEL, "tachograph_gen_ai_attempt_outcome")
    rows = [((*MODEL.values(), "success"), 10.0 * minute), ((*MODEL.values(), "rate_limited"), float(limited * minute))]
    return Metric("tachograph_gen_ai_client_attempts_total", "counter", "", names, rows)


def disk(share: float, files_free: float) -> list[Metric]:
    return [
        one("tachograph_filesystem_utilization_ratio", share, **DISK),
        one("node_filesystem_files", 100, **DISK),
        one("node_filesystem_files_free", files_free, **DISK),
    ]


def failures(kind: str, labels: Mapping[str, str], count: float) -> Metric:
    return one("tachograph_consecutive_failures", count, tachograph_target_kind=kind, **labels)


def growing(name: str, minute: int, per_minute: float, **labels: str) -> Metric:
    return one(name, per_minute * minute, **labels)


GROUP, CGROUP, SITE = {"group": "web"}, {"cgroup": "/shop"}, {"target": "https://shop"}
TROUBLE: dict[str, Metrics] = {
    "HostCpuHigh": lambda minute: [cpu(minute, 0.75)],
    "HostCpuPeak": lambda minute: [cpu(minute, 0.85)] if minute > 7 else [],  # before HostCpuHigh fires
    "HostMemoryHigh": lambda _: [one("tachograph_memory_utilization_ratio", 0.85)],
    "HostMemoryStalled": lambda minute: [growing("node_pressure_memory_stalled_seconds_total", minute, 10)],
    "HostOomKill": lambda minute: [growing("node_vmstat_oom_kill", minute, 1)],
    "HostFilesystemFull": lambda _: disk(0.85, 90),
    "HostFilesystemInodesFull": lambda _: disk(0.5, 15),
    "HostDiskTrafficHigh": lambda minute: [
        growing(f"node_disk_{what}_bytes_total", minute, 60 * 300e6, device="sda") for what in ("read", "written")
    ],
    "HostNetworkSaturated": lambda minute: [
        *network(minute, 60 * 90e6),
        one("node_network_speed_bytes", 125e6, device="eth0"),
    ],
    "HostNetworkTrafficHigh": lambda minute: network(minute, 60 * 250e6),
    "HostNetworkErrors": lambda minute: [*network(minute, 100, "packets"), *network(minute, 2, "errs")],
    "HostConnectionTrackingFull": lambda _: [
        one("node_nf_conntrack_entries", 8),
        one("node_nf_conntrack_entries_limit", 10),
    ],
    "HostFileDescriptorsHigh": lambda _: [one("node_filefd_allocated", 8), one("node_filefd_maximum", 10)],
    "HostClockDrifting": lambda _: [one("node_timex_offset_seconds", -0.1)],
    "ProcessGroupGone": lambda _: [one("tachograph_process_group_processes", 0, **GROUP)],
    "ProcessGroupMemoryHigh": lambda _: [one("tachograph_process_group_memory_ratio", 0.6, **GROUP)],
    "ProcessFileDescriptorsHigh": lambda _: [one("process_open_fds", 9), one("process_max_fds", 10)],
    "ContainerCpuThrottled": lambda minute: [
        growing("tachograph_cgroup_cpu_throttled_periods_total", minute, 300, **CGROUP),
        growing("tachograph_cgroup_cpu_periods_total", minute, 600, **CGROUP),
    ],
    "ContainerMemoryHigh": lambda _: [one("tachograph_cgroup_memory_utilization_ratio", 0.85, **CGROUP)],
    "ContainerOomKill": lambda minute: [growing("tachograph_cgroup_oom_kills_total", minute, 1, **CGROUP)],
    "OperationSlow": lambda minute: [operations(minute, 0, 0, 0, 10, 0)],
    "OperationMemorySlow": lambda minute: [operations(minute, 0, 0, 10, 0, 0)],
    "OperationErrorsHigh": lambda minute: [
        operations(minute, 10, 0, 0, 0, 0),
        operations(minute, 1, 0, 0, 0, 0, error="E"),
    ],
    "OperationStuck": lambda _: [one("tachograph_operation_active", 1, **OPERATION)],
    "ServiceEventLoopBlocked": lambda minute: [
        calls("tachograph_runtime_event_loop_lag_seconds", SHOP, 0, 0, 10 * minute, 0, 0)
    ],
    "ServiceSilent": lambda minute: [one("tachograph_operation_active", 0, **OPERATION)] if minute < 3 else [],
    "LlmSlow": lambda minute: [calls("gen_ai_client_operation_duration_seconds", MODEL, 0, 0, 0, 10 * minute, 0)],
    "LlmErrorsHigh": lambda minute: [
        calls("gen_ai_client_operation_duration_seconds", {**MODEL, "error_type": "E"}, 10 * minute, 0, 0, 0, 0)
    ],
    "LlmProviderDown": lambda _: [failures("llm", MODEL, 5)],
    "LlmRateLimited": lambda minute: [attempts(minute, 1)],
    "LlmRateLimitNear": lambda _: [
        one(f"tachograph_gen_ai_client_quota_{what}", value, **MODEL, tachograph_gen_ai_quota_type="requests")
        for what, value in (("remaining", 5), ("limit", 100))
    ],
    "LlmCostUnknown": lambda minute: [
        attempts(minute, 0),
        growing("tachograph_gen_ai_client_unpriced_total", minute, 1, **MODEL),
    ],
    "DatabaseQueriesSlow": lambda minute: [
        calls("db_client_operation_duration_seconds", QUERY, 0, 0, 10 * minute, 0, 0)
    ],
    "DatabaseErrorsHigh": lambda minute: [
        calls("db_client_operation_duration_seconds", {**QUERY, "error_type": "E"}, 10 * minute, 0, 0, 0, 0)
    ],
    "DatabaseDown": lambda _: [failures("db", {**SHOP, "db_system_name": "postgresql"}, 5)],
    "DatabasePoolExhausted": lambda _: [
        one("db_client_connection_count", 9, **POOL, db_client_connection_state="used"),
        one("db_client_connection_count", 1, **POOL, db_client_connection_state="idle"),
        one("db_client_connection_max", 10, **POOL),
    ],
    "DatabasePoolTimeouts": lambda minute: [growing("db_client_connection_timeouts_total", minute, 1, **POOL)],
    "DatabaseStatementsSlow": lambda minute: [growing("tachograph_db_statement_slow_total", minute, 2, **STATEMENT)],
    "DatabaseQueriesRepeated": lambda minute: [
        growing(
            "tachograph_db_statement_findings_total",
            minute,
            1,
            **STATEMENT,
            tachograph_operation_name="answer",
            tachograph_db_statement_finding="n_plus_one",
        )
    ],
    "CacheHitRateLow": lambda minute: [requests(minute, 60)],
    "ProbeFails": lambda _: [one("tachograph_probe_success", 0, **SITE)],
    "ProbeSlow": lambda _: [one("tachograph_probe_duration_seconds", 6, **SITE)],
    "ProbeLosesAttempts": lambda _: [one("tachograph_probe_loss_ratio", 0.1, **SITE)],
    "ProbeUptimeLow": lambda _: [one("tachograph_probe_uptime_ratio", 0.98, **SITE)],
    "ProbeCertificateExpires": lambda _: [
        one("tachograph_probe_tls_expiry_timestamp_seconds", time.time() + 86400, **SITE)
    ],
    "ExporterCollectorFails": lambda minute: [one("node_scrape_collector_success", float(minute < 3), collector="cpu")],
    "ExporterRefusesTelemetry": lambda minute: [
        growing("tachograph_otlp_refused_points_total", minute, 1, reason="full")
    ],
    "ExporterFoldsSeries": lambda minute: [growing("tachograph_store_folded_series_total", minute, 1)],
    "ExporterCpuHigh": lambda minute: [growing("process_cpu_seconds_total", minute, 15)],
    "ExporterMemoryHigh": lambda _: [one("process_resident_memory_bytes", 300e6)],
}
# The same families in good order: nothing of them fires.
WELL: Metrics = lambda minute: [  # noqa: E731 - like its neighbours
    *(cpu(minute, 0.2), one("tachograph_memory_utilization_ratio", 0.5), *disk(0.5, 90)),
    *(*network(minute, 60e6), *network(minute, 1000, "packets"), *network(minute, 1, "errs")),
    *(one("node_network_speed_bytes", 125e6, device="eth0"), one("node_vmstat_oom_kill", 7)),
    *(growing("node_pressure_memory_stalled_seconds_total", minute, 1), one("node_timex_offset_seconds", 0.001)),
    *(one("node_nf_conntrack_entries", 1), one("node_nf_conntrack_entries_limit", 10)),
    *(one("tachograph_process_group_processes", 2, **GROUP), one("tachograph_cgroup_oom_kills_total", 3, **CGROUP)),
    *(
        calls("tachograph_operation_duration_seconds", QUICK, 100 * minute, 0, 0, 0, 0),
        one("tachograph_operation_active", 0, **OPERATION),
        requests(minute, 400),
    ),
    *(failures("llm", MODEL, 1), failures("db", QUERY, 0), failures("operation", OPERATION, 50), attempts(minute, 0)),
    *(one("tachograph_probe_success", 1, **SITE), one("tachograph_probe_uptime_ratio", 1, **SITE)),
    growing("tachograph_otlp_refused_points_total", minute, 5, reason="duplicate"),
    one("tachograph_db_statement_slow_total", 40, **STATEMENT),
    growing("process_cpu_seconds_total", minute, 1),
]


def alerts(metrics: Metrics, limits: Settings | None = None) -> dict[str, Any]:
    """Return what stands after a quarter of an hour of samples, by name."""
    clock = Clock(3000.0)
    history = History(limits=limits, clock=clock)
    for minute in range(16):
        clock.seconds = 3000.0 + 60 * minute
        history.take(metrics(minute))
    return {str(alert["alert"]): alert for alert in history.alarms.shown(clock.seconds)}


def test_every_rule_is_looked_at_or_has_a_reason_why_not() -> None:
    assert (READERS.keys() | UNREAD.keys(), READERS.keys() & UNREAD.keys()) == ({check.name for check in CHECKS}, set())
    assert TROUBLE.keys() == READERS.keys()
    assert f"{len(READERS)} of the {len(CHECKS)}\n" in (CHECKOUT / "docs" / "api.md").read_text()


@pytest.mark.parametrize("name", TROUBLE)
def test_each_alert_stands_where_there_is_cause(name: str) -> None:
    alert = alerts(TROUBLE[name])[name]
    assert (alert["alert"], "<" in alert["summary"] + alert["description"], alert["value"] is None) == (
        name,
        False,
        False,
    )


def test_nothing_stands_where_all_is_well() -> None:
    assert alerts(WELL) == {}


def both(*metrics: Metrics) -> Metrics:
    return lambda minute: [metric for one in metrics for metric in one(minute)]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (lambda minute: [cpu(minute, 0.97)], {"HostCpuHigh"}),
        (TROUBLE["HostCpuPeak"], {"HostCpuHigh", "HostCpuPeak"}),
        (both(TROUBLE["LlmErrorsHigh"], TROUBLE["LlmProviderDown"]), {"LlmProviderDown"}),
        (both(TROUBLE["LlmRateLimitNear"], TROUBLE["OperationStuck"]), {"LlmRateLimitNear", "OperationStuck"}),
        (both(TROUBLE["LlmCostUnknown"], TROUBLE["DatabaseDown"]), {"DatabaseDown"}),
    ],
)
def test_what_alertmanager_would_keep_quiet_is_not_shown(trouble: Metrics, told: set[str]) -> None:
    assert alerts(trouble).keys() == told


def limits(**table: Any) -> Settings:
    return parse(table, CHECKS)


def test_a_users_limits_hold_instead_of_the_default_ones() -> None:
    slow = TROUBLE["OperationMemorySlow"]  # half a second on average
    everywhere = limits(limits={"OperationMemorySlow": {"warning": 0.9}})
    elsewhere = limits(services={"other": {"OperationMemorySlow": {"warning": 0.9}}})
    here = limits(services={"shop": {"OperationMemorySlow": {"warning": 0.9}}})
    disabled = limits(limits={"OperationMemorySlow": {"enabled": False}})
    stricter = limits(limits={"OperationMemorySlow": {"warning": 0.4, "for": "1h"}})
    found = [
        alerts(slow, own).get("OperationMemorySlow", {}) for own in (everywhere, here, disabled, elsewhere, stricter)
    ]
    assert [(one.get("limit"), one.get("state")) for one in found] == [
        *[(None, None)] * 3,
        (0.05, "firing"),
        (0.4, "pending"),
    ]


def test_a_users_limits_colour_the_indicators() -> None:
    own = limits(limits={"HostCpuHigh": {"warning": 0.3, "critical": 0.4}})
    history = History(limits=own, clock=Clock(3000.0))
    found = {str(one["name"]): one for one in View(history, host_name="here").summary()["indicators"]}  # type: ignore[attr-defined]  # a list
    assert [found["cpu"][key] for key in ("target", "warning", "critical")] == [0.3, 0.3, 0.4]
    assert [found["memory"][key] for key in ("target", "warning", "critical")] == [0.6, 0.8, 0.9]
