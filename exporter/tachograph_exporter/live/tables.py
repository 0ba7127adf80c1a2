"""What the tables show: which metric counts a table's calls, by which labels, and what else is added up a row."""

from dataclasses import dataclass

from ..exposition.distribution import Counted, Distribution, Quantiles
from ..exposition.metric import Value

IDENTITY = ("service_name", "deployment_environment_name")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure beside a row's calls: a metric, of it the series with one label's value, a counter or a gauge.

    What does not add up over rows, since one has the other's in it, is of rows alone.
    """

    name: str
    metric: str
    label: str = ""
    value: str = ""
    counts: bool = True
    adds: bool = True

    def read(self, value: Value) -> float:
        """Return what a series says; of a histogram, the sum of what was observed."""
        return value.sum if isinstance(value, Distribution) else number(value)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its rows are told apart by `labels`, which the JSON calls `fields`.

    A lifelong table counts since the exporter began, the others over the last minutes. Where not all calls are timed,
    as of caches in memory, `duration` is empty, `latency` names the histogram of those that are, and the first two
    measures add up to the calls. `also` are further histograms of calls, and the label that stands for the last one.
    """

    name: str
    duration: str
    labels: tuple[str, ...]
    fields: tuple[str, ...]
    measures: tuple[Measure, ...] = ()
    lifelong: bool = False
    latency: str = ""
    also: tuple[tuple[str, str], ...] = ()

    @property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics that the table reads."""
        return frozenset(
            (self.duration, self.latency, *(name for name, _ in self.also), *(one.metric for one in self.measures))
        )


def number(value: Value) -> float:
    """Return a plain series' value."""
    if isinstance(value, Counted):
        return value.value
    return 0.0 if isinstance(value, Distribution | Quantiles) else float(value)


def _time(kind: str) -> Measure:
    return Measure(f"{kind}_seconds", "tachograph_operation_time_seconds_total", "tachograph_time_kind", kind)


def _tokens(kind: str) -> Measure:
    return Measure(f"{kind}_tokens", "gen_ai_client_token_usage", "gen_ai_token_type", kind)


_TOKENS = "tachograph_gen_ai_client_tokens_total"
_REQUESTS = "cache_requests_total"
_OF_A_SERVICE = ("service", "environment")

OPERATIONS = Table(
    "operations",
    "tachograph_operation_duration_seconds",
    (*IDENTITY, "tachograph_operation_name"),
    (*_OF_A_SERVICE, "operation"),
    (
        Measure("active", "tachograph_operation_active", counts=False),
        *(_time(kind) for kind in ("llm", "db", "cache", "operation", "own")),
        Measure("cost_usd", "tachograph_operation_cost_usd_total", adds=False),
    ),
    also=(
        ("gen_ai_invoke_agent_duration_seconds", "gen_ai_agent_name"),
        ("gen_ai_execute_tool_duration_seconds", "gen_ai_tool_name"),
    ),
)
LLM = Table(
    "llm",
    "gen_ai_client_operation_duration_seconds",
    (*IDENTITY, "gen_ai_provider_name", "gen_ai_request_model"),
    (*_OF_A_SERVICE, "provider", "model"),
    (
        Measure("cost_usd", "tachograph_gen_ai_client_cost_usd_total"),
        _tokens("input"),
        _tokens("output"),
        Measure("useful_tokens", _TOKENS, "tachograph_gen_ai_token_useful", "true"),
        Measure("all_tokens", _TOKENS),
        Measure(
            "rate_limited",
            "tachograph_gen_ai_client_attempts_total",
            "tachograph_gen_ai_attempt_outcome",
            "rate_limited",
        ),
    ),
)
DATABASE = Table(
    "database",
    "db_client_operation_duration_seconds",
    (*IDENTITY, "db_system_name", "db_operation_name", "db_collection_name"),
    (*_OF_A_SERVICE, "system", "operation", "collection"),
    (Measure("rows", "db_client_response_returned_rows"),),
)
CACHE = Table(
    "cache",
    "",
    (*IDENTITY, "cache_name", "cache_level"),
    (*_OF_A_SERVICE, "cache", "level"),
    (
        Measure("hits", _REQUESTS, "cache_request_result", "hit"),
        Measure("misses", _REQUESTS, "cache_request_result", "miss"),
        Measure("evictions", "cache_evictions_total"),
        Measure("entries", "cache_entries", counts=False),
        Measure("max_entries", "cache_max_entries", counts=False),
        Measure("saved_seconds", "tachograph_cache_saved_time_seconds_total"),
        Measure("saved_usd", "tachograph_cache_saved_cost_usd_total"),
    ),
    latency="tachograph_cache_request_duration_seconds",
)
STATEMENTS = Table(
    "statements",
    "tachograph_db_statement_duration_seconds",
    (*IDENTITY, "db_system_name", "db_query_summary", "tachograph_db_statement_fingerprint"),
    (*_OF_A_SERVICE, "system", "summary", "fingerprint"),
    (
        Measure("slow", "tachograph_db_statement_slow_total"),
        Measure("rows", "tachograph_db_statement_rows_total"),
    ),
    lifelong=True,
)
# Not shown as a table: an alert is about it.
LAGS = Table("lags", "tachograph_runtime_event_loop_lag_seconds", IDENTITY, _OF_A_SERVICE)
TABLES = (OPERATIONS, LLM, DATABASE, CACHE, STATEMENTS)
