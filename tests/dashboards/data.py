"""The invented hours of the services' data: databases with their statements and pools, and caches."""

from collections.abc import Iterator
from itertools import product

from .courses import QUERY_BOUNDS, ROW_BOUNDS, Labels, Series, counter, histogram, outcomes, scaled, slowed, slowness

STATEMENTS = {("SELECT", "memories"): 0.008, ("INSERT", "memories"): 0.004, ("SELECT", "users"): 0.002}
CALLS = "db_client_operation_duration_seconds"
SYSTEMS = {"postgresql": 1.0, "redis": 0.1}
CACHES = {("embeddings", "L1"): 0.93, ("embeddings", "L2"): 0.85, ("sessions", "L1"): 0.97}


def calls(labels: Labels) -> Iterator[Series]:
    """Yield the series of a service's databases."""
    for (system, weight), ((operation, table), seconds) in product(SYSTEMS.items(), STATEMENTS.items()):
        named = {
            **labels,
            "db_system_name": system,
            "db_operation_name": operation,
            "db_collection_name": table,
            "db_query_summary": f"{operation} {table}",
        }
        yield from outcomes(CALLS, named, QUERY_BOUNDS, 9, seconds * weight)
        yield from histogram("db_client_response_returned_rows", named, ROW_BOUNDS, scaled(9), lambda _: 12)
        searched = {**named, "tachograph_db_vector_distance": "cosine"}
        if operation == "SELECT":
            search = {**named, "tachograph_db_vector_operation": "search"}
            yield from histogram(CALLS, search, QUERY_BOUNDS, scaled(2), slowed(0.012))
            yield "tachograph_db_vector_returned_sum", searched, counter(scaled(18))
            yield "tachograph_db_vector_k_sum", searched, counter(scaled(20))
    for system in SYSTEMS:
        named = {**labels, "db_system_name": system, "tachograph_db_transaction_outcome": "commit"}
        name = "tachograph_db_transaction_duration_seconds"
        yield from histogram(name, named, QUERY_BOUNDS, scaled(2), slowed(0.01))


def statements(labels: Labels) -> Iterator[Series]:
    """Yield the series of what is found fault with in each system."""
    yield from _statement({**labels, "db_system_name": "postgresql"}, "aa01")
    yield from _statement({**labels, "db_system_name": "redis"}, "dd04")


def _statement(labels: Labels, fingerprint: str) -> Iterator[Series]:
    """Yield the series of a statement that is slow, selects everything, and runs again and again."""
    statement = {
        **labels,
        "db_query_summary": "SELECT memories",
        "tachograph_db_statement_fingerprint": fingerprint,
    }
    text = "SELECT * FROM memories WHERE owner = ?"
    yield "tachograph_db_statement_info", {**statement, "db_query_text": text}, lambda _: 1
    name = "tachograph_db_statement_duration_seconds"
    yield from histogram(name, statement, QUERY_BOUNDS, lambda _: 0.05, lambda _: 1.6)
    yield "tachograph_db_statement_slow_total", statement, counter(lambda _: 0.04)
    yield "tachograph_db_statement_rows_total", statement, counter(lambda _: 0.6)
    found = {**statement, "tachograph_db_statement_finding": "select_star"}
    yield "tachograph_db_statement_findings_total", found, counter(lambda _: 0.05)
    repeated = {"tachograph_db_statement_finding": "n_plus_one", "tachograph_operation_name": "memory.search"}
    yield "tachograph_db_statement_findings_total", {**statement, **repeated}, counter(lambda _: 0.01)


def pools(labels: Labels) -> Iterator[Series]:
    """Yield the series of a service's pool, which is nearly used up in the incident."""
    pool = {**labels, "db_client_connection_pool_name": "10.0.0.7:5432/app"}
    for state, most in {"used": 0.9, "idle": 6.0}.items():
        named = {**pool, "db_client_connection_state": state}
        yield "db_client_connection_count", named, lambda minute, most=most: min(8, most * slowness(minute))  # type: ignore[misc]
    yield "db_client_connection_max", pool, lambda _: 8
    yield "db_client_connection_pending_requests", pool, lambda minute: 3 if slowness(minute) > 1 else 0
    yield "db_client_connection_timeouts_total", pool, counter(lambda minute: 0.02 if slowness(minute) > 1 else 0)
    for name, seconds in {"wait": 0.0004, "use": 0.03}.items():
        yield from histogram(
            f"db_client_connection_{name}_time_seconds", pool, QUERY_BOUNDS, scaled(9), slowed(seconds)
        )


def caches(labels: Labels) -> Iterator[Series]:
    """Yield the series of a service's caches, and what their hits save."""
    for (cache, level), rate in CACHES.items():
        named = {**labels, "cache_name": cache, "cache_level": level}
        for result, share in (("hit", rate), ("miss", 1 - rate)):
            yield "cache_requests_total", {**named, "cache_request_result": result}, counter(scaled(20 * share))
        yield "cache_entries", named, lambda minute: min(1000, 5 * minute)
        yield "cache_max_entries", named, lambda _: 1000
        yield "tachograph_cache_saved_time_seconds_total", named, counter(lambda _: 2.0)
        yield "tachograph_cache_saved_cost_usd_total", named, counter(lambda _: 0.0002)
        evicted = {**named, "tachograph_cache_eviction_reason": "capacity"}
        yield "cache_evictions_total", evicted, counter(scaled(0.3))
        made = {**named, "tachograph_cache_load_source": "load"}
        yield from histogram("tachograph_cache_load_duration_seconds", made, QUERY_BOUNDS, scaled(1), slowed(0.1))
