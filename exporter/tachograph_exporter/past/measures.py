"""The measures that can be read of the past: in PromQL, and where the exporter's ring has them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..live.indicators import TARGETS, Target
from ..live.tables import CACHE, DATABASE, LLM, OPERATIONS, Table
from ..rules import host
from ..rules.promql import average, quantile, ratio, total
from .series import Calls

Unit = Literal["ratio", "seconds", "bytes per second", "per second", "USD per hour", "USD"]
Figure = Callable[[Calls, float], float | None]


@dataclass(frozen=True, slots=True)
class Lines:
    """In the ring: figures of the host by their names in /api/v1/history, added up."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filesystems:
    """In the ring: the use of file systems, of which it knows the present alone."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """In the ring: an indicator of /api/v1/summary, of which it knows the present alone."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """In the ring: nothing of it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """In the ring: a figure of what the rows of a table counted in so many seconds."""

    table: Table
    figure: Figure


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that moves in time.

    In `promql`, $span stands for the time that a value is made of, $by for the labels that tell series apart, `labels`
    where they are asked for, and $hosts and $application for the settings' matchers. `target` is the team's.
    """

    name: str
    title: str
    unit: Unit
    promql: str
    ring: Lines | Filesystems | Indicator | Rows | Unknown
    labels: tuple[str, ...] = ("instance",)
    fields: tuple[str, ...] = ("instance",)
    target: Target | None = None


def calls_per_second(calls: Calls, seconds: float) -> float | None:
    """Return how many calls there were a second."""
    return calls.calls / seconds


def error_ratio(calls: Calls, _seconds: float) -> float | None:
    """Return the share of calls that failed."""
    return calls.error_ratio


def average_seconds(calls: Calls, _seconds: float) -> float | None:
    """Return how long calls took on average."""
    return calls.average


def p95_seconds(calls: Calls, _seconds: float) -> float | None:
    """Return what one call in twenty took longer than."""
    return calls.quantile(0.95)


def hit_ratio(calls: Calls, _seconds: float) -> float | None:
    """Return the share of requests that a cache answered."""
    return calls.extras["hits"] / calls.calls if calls.calls else None


def usd_per_hour(calls: Calls, seconds: float) -> float | None:
    """Return what models cost an hour."""
    return calls.extras["cost_usd"] / seconds * 3600


_TARGETS = {target.name: target for target in TARGETS}
_RECORDED = {name: expression.replace("[5m]", "[$span]") for name, expression in host.RECORDS}
_BY = ("$by",)


def _host(name: str, title: str, unit: Unit, promql: str, *lines: str, target: str = "") -> Measure:
    return Measure(name, title, unit, promql, Lines(lines), target=_TARGETS.get(target))


def _rate(table: Table, title: str, target: str = "") -> Measure:
    promql = total(f"{table.duration}_count", _BY, "$application", window="$span")
    return _rows(table, "rate", (title, "per second"), promql, calls_per_second, target)


def _errors(table: Table, title: str, target: str = "") -> Measure:
    count = f"{table.duration}_count"
    failed = total(count, _BY, "$application", 'error_type!=""', window="$span")
    promql = ratio(failed, total(count, _BY, "$application", window="$span"))
    return _rows(table, "errors", (title, "ratio"), promql, error_ratio, target)


def _average(table: Table, title: str) -> Measure:
    promql = average(table.duration, _BY, "$application", window="$span")
    return _rows(table, "average", (title, "seconds"), promql, average_seconds)


def _p95(table: Table, title: str, target: str = "") -> Measure:
    promql = quantile(0.95, table.duration, _BY, "$application", window="$span")
    return _rows(table, "p95", (title, "seconds"), promql, p95_seconds, target)


def _rows(table: Table, name: str, shown: tuple[str, Unit], promql: str, figure: Figure, target: str = "") -> Measure:
    title, unit = shown
    ring = Rows(table, figure)
    return Measure(f"{table.name}_{name}", title, unit, promql, ring, table.labels, table.fields, _TARGETS.get(target))


def _requests(result: str = "") -> str:
    return total("cache_requests_total", _BY, "$application", result, window="$span")


CPU = _host("cpu", "CPU use", "ratio", _RECORDED[host.CPU], "cpu", target="cpu")
MEMORY = _host("memory", "Memory use", "ratio", _RECORDED[host.MEMORY], "memory", target="memory")
DISK = Measure(
    "disk",
    "File system use",
    "ratio",
    _RECORDED[host.FILESYSTEM],
    Filesystems(),
    ("instance", "mountpoint"),
    ("instance", "mountpoint"),
    target=_TARGETS["disk"],
)
UPTIME = Measure(
    "uptime",
    "Uptime of endpoints",
    "ratio",
    "avg by (instance, target) (avg_over_time(tachograph_probe_success{$hosts}[$span]))",
    Indicator("uptime"),
    ("instance", "target"),
    ("instance", "target"),
    target=_TARGETS.get("uptime"),
)
DISK_TRAFFIC = _host(
    "disk_traffic",
    "Disk traffic",
    "bytes per second",
    f"sum by (instance) ({_RECORDED[host.DISK]})",
    "disk_read",
    "disk_written",
)
RECEIVED = _host(
    "received",
    "Network, received",
    "bytes per second",
    _RECORDED["instance:node_network_receive_bytes_excluding_lo:rate5m"],
    "network_received",
)
SENT = _host(
    "sent",
    "Network, sent",
    "bytes per second",
    _RECORDED["instance:node_network_transmit_bytes_excluding_lo:rate5m"],
    "network_sent",
)
HOST = (CPU, MEMORY, DISK, DISK_TRAFFIC, RECEIVED, SENT, UPTIME)

OPERATIONS_RATE = _rate(OPERATIONS, "Operations", "throughput")
OPERATIONS_ERRORS = _errors(OPERATIONS, "Operations, error rate", "errors")
OPERATIONS_AVERAGE = _average(OPERATIONS, "Operations, average")
OPERATIONS_P95 = _p95(OPERATIONS, "Operations, p95", "operation")
LLM_RATE = _rate(LLM, "LLM calls")
LLM_ERRORS = _errors(LLM, "LLM, error rate", "errors")
LLM_AVERAGE = _average(LLM, "LLM response, average")
LLM_P95 = _p95(LLM, "LLM response, p95", "llm")
COST = _rows(
    LLM,
    "cost",
    ("Cost of models", "USD per hour"),
    f"3600 * {total('tachograph_gen_ai_client_cost_usd_total', _BY, '$application', window='$span')}",
    usd_per_hour,
)
# Not in the ring: the exporter's page shows no budgets.
BUDGET = Measure(
    "budget",
    "Budget of a day",
    "USD",
    "sum(max by (service_name, deployment_environment_name) (tachograph_gen_ai_client_budget_usd{$application}))",
    Indicator("budget"),
    (),
    (),
)
DATABASE_RATE = _rate(DATABASE, "Queries")
DATABASE_ERRORS = _errors(DATABASE, "Queries, error rate")
DATABASE_AVERAGE = _average(DATABASE, "Queries, average")
DATABASE_P95 = _p95(DATABASE, "Queries, p95", "query")
CACHE_RATE = _rows(CACHE, "rate", ("Cache requests", "per second"), _requests(), calls_per_second)
CACHE_HITS = _rows(
    CACHE,
    "hits",
    ("Cache hit rate", "ratio"),
    ratio(_requests('cache_request_result="hit"'), _requests()),
    hit_ratio,
    "hits",
)

MEASURES = (
    *HOST,
    OPERATIONS_RATE,
    OPERATIONS_ERRORS,
    OPERATIONS_AVERAGE,
    OPERATIONS_P95,
    LLM_RATE,
    LLM_ERRORS,
    LLM_AVERAGE,
    LLM_P95,
    COST,
    BUDGET,
    DATABASE_RATE,
    DATABASE_ERRORS,
    DATABASE_AVERAGE,
    DATABASE_P95,
    CACHE_RATE,
    CACHE_HITS,
)
