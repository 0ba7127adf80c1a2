"""200,000 series: the operations, calls and hosts of a whole company, twenty minutes of them.

A sample every four minutes: a query takes what its series times its steps take, and samples only take loading.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from .courses import LLM_BOUNDS, OPERATION_BOUNDS, QUERY_BOUNDS, Labels

MINUTES, EVERY = 20, 4
SERVICES, OPERATIONS, MODELS, STATEMENTS, CACHES, HOSTS, CORES, OTHERS = 50, 20, 8, 28, 10, 60, 32, 800
MODES = ("idle", "user", "system", "iowait", "irq", "nice", "softirq", "steal")
Growing = tuple[str, Labels, float]


def lines(*, end: int) -> Iterator[str]:
    """Yield the last minutes before `end` as OpenMetrics, in order of series."""
    for name, labels, per_minute in _every():
        shown = ",".join(f'{label}="{value}"' for label, value in labels.items())
        start = end - MINUTES * 60
        yield "".join(
            f"{name}{{{shown}}} {per_minute * minute:.6g} {start + minute * 60}\n"
            for minute in range(0, MINUTES + 1, EVERY)
        )
    yield "# EOF\n"


def _every() -> Iterator[Growing]:
    for number in range(SERVICES):
        instance = f"10.0.0.{number % HOSTS}:9100"
        yield from _service({"instance": instance, "service_name": f"service-{number}"})
    for number in range(HOSTS):
        labels = {"job": "node", "instance": f"10.0.0.{number}:9100"}
        for cpu, mode in product(range(CORES), MODES):
            yield "node_cpu_seconds_total", {**labels, "cpu": str(cpu), "mode": mode}, 7.5
        yield from ((f"node_other_{other}", labels, 60) for other in range(OTHERS))


def _service(labels: Labels) -> Iterator[Growing]:
    labels = {"job": "node", **labels, "deployment_environment_name": "production"}
    for number in range(OPERATIONS):
        named = {**labels, "tachograph_operation_name": f"operation.{number}"}
        yield from _outcomes("tachograph_operation_duration_seconds", named, OPERATION_BOUNDS)
        yield "service_operation:tachograph_operation_duration_seconds:p95_rate5m", named, 0.1
    for number in range(MODELS):
        named = {**labels, "gen_ai_provider_name": "openai", "gen_ai_request_model": f"model-{number}"}
        yield from _outcomes("gen_ai_client_operation_duration_seconds", named, LLM_BOUNDS)
        yield from _histogram("gen_ai_client_time_to_first_chunk_seconds", named, LLM_BOUNDS)
        yield "tachograph_gen_ai_client_cost_usd_total", named, 0.06
    for number in range(STATEMENTS):
        statement = {"db_operation_name": "SELECT", "db_collection_name": f"table{number}"}
        named = {**labels, "db_system_name": "postgresql", **statement, "db_query_summary": f"SELECT table{number}"}
        yield from _outcomes("db_client_operation_duration_seconds", named, QUERY_BOUNDS)
    for number, result in product(range(CACHES), ("hit", "miss")):
        named = {**labels, "cache_name": f"cache-{number}", "cache_level": "L1", "cache_request_result": result}
        yield "cache_requests_total", named, 60


def _outcomes(name: str, labels: Labels, bounds: Sequence[float]) -> Iterator[Growing]:
    for error in ({}, {"error_type": "TimeoutError"}, {"error_type": "ConnectionError"}):
        yield from _histogram(name, {**labels, **error}, bounds)


def _histogram(name: str, labels: Labels, bounds: Sequence[float]) -> Iterator[Growing]:
    shown = [*(f"{bound:g}" for bound in bounds), "+Inf"]
    yield from ((f"{name}_bucket", {**labels, "le": le}, float(place)) for place, le in enumerate(shown, start=1))
    yield f"{name}_count", labels, float(len(shown))
    yield f"{name}_sum", labels, 3.0
