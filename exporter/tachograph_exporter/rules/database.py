"""Rules about database calls."""

from . import panels
from .check import Check, Limit, Subject
from .promql import IDENTITY, at_least, quantile, ratio, total
from .unit import RATIO, SECONDS

DURATION = "db_client_operation_duration_seconds"
BY = (*IDENTITY, "db_system_name", "db_operation_name", "db_collection_name")
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

DATABASE = Subject("database", RECORDS, CHECKS)
