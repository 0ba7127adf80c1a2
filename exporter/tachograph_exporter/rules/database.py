"""Rules about database calls."""

from . import panels
from .check import Check, Limit, Subject
from .promql import IDENTITY, at_least, quantile, ratio, total
from .unit import RATIO, SECONDS

DURATION = "db_client_operation_duration_seconds"
BY = (*IDENTITY, "db_system_name", "db_operation_name", "db_collection_name")
POOL = (*IDENTITY, "db_client_connection_pool_name")
STATEMENT = (*IDENTITY, "db_system_name", "db_query_summary", "tachograph_db_statement_fingerprint")
CALLS = "service_database_operation:db_client_operation:rate5m"
ERRORS = "service_database_operation:db_client_operation_errors:ratio_rate5m"
P95 = "service_database_operation:db_client_operation_duration_seconds:p95_rate5m"
# Redis' commands that wait for something to happen: their time is no latency.
_PROMPT = (
    'db_operation_name!~"BLPOP|BRPOP|BLMOVE|BLMPOP|BRPOPLPUSH|BZPOPMIN|BZPOPMAX|BZMPOP|XREAD|XREADGROUP|WAIT|WAITAOF"'
)

_failed = total(f"{DURATION}_count", BY, "$application", 'error_type!=""')
_all = total(f"{DURATION}_count", BY, "$application")

RECORDS = (
    (CALLS, _all),
    (ERRORS, ratio(_failed, _all)),
    (P95, quantile(0.95, DURATION, BY, "$application", _PROMPT)),
)

CHECKS = (
    Check(
        name="DatabaseQueriesSlow",
        value=f"{P95}{{$services}}",
        guard=at_least(CALLS, BY, 5),
        unit=SECONDS,
        warning=Limit(0.1, "5m"),
        critical=Limit(0.5, "5m"),
        summary="<db_system_name> is slow for <service_name>",
        description="One <db_operation_name> <db_collection_name> in twenty took <service_name> longer than <value>"
        " over the last 5 minutes; the limit is <limit>.",
        panel=panels.DATABASE_LATENCY,
    ),
    Check(
        name="DatabaseDown",
        value=f"max by ({', '.join((*IDENTITY, 'db_system_name', 'server_address', 'server_port'))})"
        ' (tachograph_consecutive_failures{$application,$services,tachograph_target_kind="db"})',
        critical=Limit(4, "1m"),
        summary="<db_system_name> does not work for <service_name>",
        description="The last <value> calls of <db_system_name> <server_address> by <service_name> have all failed;"
        " the limit is <limit>.",
        panel=panels.DATABASE_ERRORS,
    ),
    Check(
        name="DatabaseErrorsHigh",
        value=f"{ERRORS}{{$services}}",
        guard=at_least(CALLS, BY, 5),
        unit=RATIO,
        warning=Limit(0.01, "5m"),
        critical=Limit(0.05, "5m"),
        summary="Calls of <db_system_name> fail for <service_name>",
        description="<value> of <service_name>'s calls of <db_operation_name> <db_collection_name> failed over the last"
        " 5 minutes; the limit is <limit>.",
        panel=panels.DATABASE_ERRORS,
    ),
)

POOL_CHECKS = (
    Check(
        name="DatabasePoolExhausted",
        value=f"sum by ({', '.join(POOL)})"
        ' (db_client_connection_count{$application,$services,db_client_connection_state="used"})'
        f"\n/ sum by ({', '.join(POOL)}) (db_client_connection_max{{$application,$services}})",
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.95, "5m"),
        summary="The connections of <service_name> to <db_client_connection_pool_name> are used up",
        description="<value> of the connections of pool <db_client_connection_pool_name> in <service_name> are in use;"
        " the limit is <limit>.",
        panel=panels.DATABASE_POOL,
    ),
    Check(
        name="DatabasePoolTimeouts",
        value=f"sum by ({', '.join(POOL)})"
        " (increase(db_client_connection_timeouts_total{$application,$services}[5m]))",
        critical=Limit(0, "0s"),
        keep_firing="5m",
        summary="<service_name> gets no connection to <db_client_connection_pool_name>",
        description="<value> calls of <service_name> got no connection of pool <db_client_connection_pool_name> in time"
        " over the last 5 minutes.",
        panel=panels.DATABASE_POOL_WAITS,
    ),
)

STATEMENT_CHECKS = (
    Check(
        name="DatabaseStatementsSlow",
        value=f"sum by ({', '.join(STATEMENT)})"
        " (increase(tachograph_db_statement_slow_total{$application,$services}[15m]))",
        warning=Limit(10, "0s"),
        keep_firing="15m",
        summary="A statement of <service_name> is slow again and again",
        description="<db_query_summary> took <service_name> longer than its threshold <value> times over the last"
        " 15 minutes; the limit is <limit>.",
        panel=panels.DATABASE_STATEMENTS,
    ),
    Check(
        name="DatabaseQueriesRepeated",
        value=f"sum by ({', '.join((*STATEMENT, 'tachograph_operation_name'))}) (increase("
        "tachograph_db_statement_findings_total"
        '{$application,$services,tachograph_db_statement_finding="n_plus_one"}[15m]))',
        warning=Limit(0, "5m"),
        summary="<tachograph_operation_name> of <service_name> runs one statement for each row (N+1)",
        description="<value> calls of <tachograph_operation_name> in <service_name> ran <db_query_summary> again and"
        " again over the last 15 minutes.",
        panel=panels.DATABASE_FINDINGS,
    ),
)

DATABASE = Subject("database", RECORDS, (*CHECKS, *POOL_CHECKS, *STATEMENT_CHECKS))
