"""Values that are rates or increases of single counters."""

from collections.abc import Callable, Iterator

from ..host import is_disk
from ..increases import Counter
from ..tables import IDENTITY
from .reading import HERE, Moment, Reader, Reading

_SHORTEST_SECONDS = 10.0
_FIVE, _TEN, _QUARTER = 300.0, 600.0, 900.0

_MODEL = (*IDENTITY, "gen_ai_provider_name", "gen_ai_request_model")
_POOL = (*IDENTITY, "db_client_connection_pool_name")
_STATEMENT = (*IDENTITY, "db_system_name", "db_query_summary", "tachograph_db_statement_fingerprint")
_ATTEMPTS = "tachograph_gen_ai_client_attempts_total"
_FINDINGS = "tachograph_db_statement_findings_total"
_KNOWN_BEFORE = ("duplicate", "out_of_order")  # such points were counted when they first came

STALLED = Counter("node_pressure_memory_stalled_seconds_total")
KILLS = Counter("node_vmstat_oom_kill")
DISK_READ, DISK_WRITTEN = (Counter(f"node_disk_{what}_bytes_total", ("device",)) for what in ("read", "written"))
RECEIVED, SENT = (Counter(f"node_network_{way}_bytes_total", ("device",)) for way in ("receive", "transmit"))
FAULTY = tuple(Counter(f"node_network_{way}_errs_total", ("device",)) for way in ("receive", "transmit"))
PACKETS = tuple(Counter(f"node_network_{way}_packets_total", ("device",)) for way in ("receive", "transmit"))
PERIODS = Counter("tachograph_cgroup_cpu_periods_total", ("cgroup",))
THROTTLED = Counter("tachograph_cgroup_cpu_throttled_periods_total", ("cgroup",))
CGROUP_KILLS = Counter("tachograph_cgroup_oom_kills_total", ("cgroup",))
ATTEMPTS = Counter(_ATTEMPTS, _MODEL)
LIMITED = Counter(_ATTEMPTS, _MODEL, {"tachograph_gen_ai_attempt_outcome": "rate_limited"})
UNPRICED = Counter("tachograph_gen_ai_client_unpriced_total", _MODEL)
TIMEOUTS = Counter("db_client_connection_timeouts_total", _POOL)
SLOW = Counter("tachograph_db_statement_slow_total", _STATEMENT)
REPEATED = Counter(
    _FINDINGS, (*_STATEMENT, "tachograph_operation_name"), {"tachograph_db_statement_finding": "n_plus_one"}
)
REFUSED = Counter("tachograph_otlp_refused_points_total", ("reason",))
FOLDED = Counter("tachograph_store_folded_series_total")
OWN_CPU = Counter("process_cpu_seconds_total")
COUNTERS = (
    *(STALLED, KILLS, DISK_READ, DISK_WRITTEN, RECEIVED, SENT, *FAULTY, *PACKETS, PERIODS, THROTTLED, CGROUP_KILLS),
    *(ATTEMPTS, LIMITED, UNPRICED, TIMEOUTS, SLOW, REPEATED, REFUSED, FOLDED, OWN_CPU),
)  # fmt: skip


def _labelled(counter: Counter, key: tuple[str, ...], *, host: bool) -> dict[str, str]:
    return {**(HERE if host else {}), **dict(zip(counter.by, key, strict=True))}


def _increase(counter: Counter, seconds: float, *, host: bool = True, without: tuple[str, ...] = ()) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        grown, _ = known.increases.over(counter, seconds)
        for key, value in grown.items():
            if not set(key) & set(without):
                yield _labelled(counter, key, host=host), value

    return read


def _rate(counter: Counter) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        grown, took = known.increases.over(counter, _FIVE)
        if took >= _SHORTEST_SECONDS:
            for key, value in grown.items():
                yield _labelled(counter, key, host=True), value / took

    return read


def _share(parts: tuple[Counter, ...], wholes: tuple[Counter, ...], *, host: bool = True, least: float = 0.0) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        part, _ = _summed(known, parts)
        for key, whole in _summed(known, wholes)[0].items():
            if whole > 0 and whole >= least:
                yield _labelled(wholes[0], key, host=host), part.get(key, 0.0) / whole

    return read


def _traffic(
    counters: tuple[Counter, ...], together: Callable[[list[float]], float], chosen: Callable[[str], bool]
) -> Reader:
    def read(known: Moment) -> Iterator[Reading]:
        found = [known.increases.over(counter, _FIVE) for counter in counters]
        took = found[0][1]
        for (device,) in found[0][0] if took >= _SHORTEST_SECONDS else ():
            if chosen(device):
                yield {**HERE, "device": device}, together([grown.get((device,), 0.0) for grown, _ in found]) / took

    return read


def _saturated(known: Moment) -> Iterator[Reading]:
    speeds = {labels["device"]: speed for labels, speed in known.sample.rows("node_network_speed_bytes")}
    for labels, rate in _traffic((RECEIVED, SENT), max, _outer)(known):
        if rate is not None and speeds.get(labels["device"], 0.0) > 0:
            yield labels, rate / speeds[labels["device"]]


def _summed(known: Moment, counters: tuple[Counter, ...]) -> tuple[dict[tuple[str, ...], float], float]:
    sums: dict[tuple[str, ...], float] = {}
    took = 0.0
    for counter in counters:
        grown, took = known.increases.over(counter, _FIVE)
        for key, value in grown.items():
            sums[key] = sums.get(key, 0.0) + value
    return sums, took


def _outer(device: str) -> bool:
    return device != "lo"


READERS: dict[str, Reader] = {
    "HostMemoryStalled": _rate(STALLED),
    "HostOomKill": _increase(KILLS, _TEN),
    "HostDiskTrafficHigh": _traffic((DISK_READ, DISK_WRITTEN), sum, lambda device: is_disk({"device": device})),
    "HostNetworkTrafficHigh": _traffic((RECEIVED, SENT), max, _outer),
    "HostNetworkSaturated": _saturated,
    "HostNetworkErrors": _share(FAULTY, PACKETS),
    "ContainerCpuThrottled": _share((THROTTLED,), (PERIODS,)),
    "ContainerOomKill": _increase(CGROUP_KILLS, _TEN),
    "LlmRateLimited": _share((LIMITED,), (ATTEMPTS,), host=False, least=5),
    "LlmCostUnknown": _share((UNPRICED,), (ATTEMPTS,), host=False),
    "DatabasePoolTimeouts": _increase(TIMEOUTS, _FIVE, host=False),
    "DatabaseStatementsSlow": _increase(SLOW, _QUARTER, host=False),
    "DatabaseQueriesRepeated": _increase(REPEATED, _QUARTER, host=False),
    "ExporterRefusesTelemetry": _increase(REFUSED, _FIVE, without=_KNOWN_BEFORE),
    "ExporterFoldsSeries": _increase(FOLDED, _QUARTER),
    "ExporterCpuHigh": _rate(OWN_CPU),
}
