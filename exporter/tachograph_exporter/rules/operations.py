"""Rules about the application's operations: how long they take, how many fail, whether they still come."""

from . import panels
from .check import Check, Limit, Subject
from .promql import IDENTITY, at_least, average, quantile, ratio, total
from .unit import RATIO, SECONDS

DURATION = "tachograph_operation_duration_seconds"
BY = (*IDENTITY, "tachograph_operation_name")
# The operations of a memory, which are held against limits of their own.
MEMORY = "memory[.].+|context[.]retrieve"
CALLS = "service_operation:tachograph_operation:rate5m"
ERRORS = "service_operation:tachograph_operation_errors:ratio_rate5m"
ERRORS_HOUR = "service_operation:tachograph_operation_errors:ratio_rate1h"
CALLS_HOUR = "service_operation:tachograph_operation:rate1h"
AVERAGE = "service_operation:tachograph_operation_duration_seconds:avg_rate5m"
P95 = "service_operation:tachograph_operation_duration_seconds:p95_rate5m"
LAG = "service:tachograph_runtime_event_loop_lag_seconds:p99_rate5m"
P99 = "service_operation:tachograph_operation_duration_seconds:p99_rate5m"


def _errors(window: str) -> str:
    count = f"{DURATION}_count"
    failed = total(count, BY, "$application", 'error_type!=""', window=window)
    return ratio(failed, total(count, BY, "$application", window=window))


def _unless(metric: str, label: str) -> str:
    """Return a guard: none of these finished, which are operations too but are timed by OpenTelemetry's names."""
    finished = total(f"{metric}_count", (*IDENTITY, label), "$application")
    named = f'label_replace({finished}, "tachograph_operation_name", "$1", "{label}", "(.+)")'
    return f"\nunless on ({', '.join(BY)}) {named} > 0"


_AGENTS = _unless("gen_ai_invoke_agent_duration_seconds", "gen_ai_agent_name") + _unless(
    "gen_ai_execute_tool_duration_seconds", "gen_ai_tool_name"
)

RECORDS = (
    (CALLS, total(f"{DURATION}_count", BY, "$application")),
    (CALLS_HOUR, total(f"{DURATION}_count", BY, "$application", window="1h")),
    (ERRORS, _errors("5m")),
    (ERRORS_HOUR, _errors("1h")),
    (AVERAGE, average(DURATION, BY, "$application")),
    (P95, quantile(0.95, DURATION, BY, "$application")),
    (P99, quantile(0.99, DURATION, BY, "$application")),
    (LAG, quantile(0.99, "tachograph_runtime_event_loop_lag_seconds", IDENTITY, "$application")),
)

CHECKS = (
    Check(
        name="OperationSlow",
        value=f"{P95}{{$services}}",
        guard=at_least(CALLS, BY, 5),
        unit=SECONDS,
        warning=Limit(5, "5m"),
        critical=Limit(10, "5m"),
        summary="<tachograph_operation_name> of <service_name> is slow",
        description="One call of <tachograph_operation_name> in twenty took longer than <value> over the last"
        " 5 minutes in <service_name>; the limit is <limit>.",
        panel=panels.OPERATION_LATENCY,
    ),
    Check(
        name="OperationMemorySlow",
        value=f'{AVERAGE}{{$services,tachograph_operation_name=~"{MEMORY}"}}',
        guard=at_least(CALLS, BY, 5),
        unit=SECONDS,
        warning=Limit(0.05, "10m"),
        summary="<tachograph_operation_name> of <service_name> is slow for a memory operation",
        description="<tachograph_operation_name> of <service_name> took <value> on average over the last 5 minutes;"
        " the limit is <limit>.",
        panel=panels.OPERATION_LATENCY,
    ),
    Check(
        name="OperationErrorsHigh",
        value=f"{ERRORS}{{$services}}",
        guard=at_least(CALLS, BY, 5),
        unit=RATIO,
        warning=Limit(0.01, "5m"),
        critical=Limit(0.05, "5m"),
        summary="<tachograph_operation_name> of <service_name> fails",
        description="<value> of the calls of <tachograph_operation_name> in <service_name> failed over the last"
        " 5 minutes; the limit is <limit>.",
        panel=panels.OPERATION_ERRORS,
    ),
    Check(
        name="OperationSuccessLow",
        value=f"1 - {ERRORS_HOUR}{{$services}}",
        comparison="<",
        guard=f"and on ({', '.join(BY)}) {CALLS_HOUR} * 3600 >= 20",
        unit=RATIO,
        warning=Limit(0.95, "15m"),
        summary="<tachograph_operation_name> of <service_name> has succeeded too rarely for an hour",
        description="<value> of the calls of <tachograph_operation_name> in <service_name> succeeded over the last"
        " hour; the limit is <limit>.",
        panel=panels.OPERATION_ERRORS,
    ),
    Check(
        name="OperationStuck",
        value=f"sum by ({', '.join(BY)}) (tachograph_operation_active{{$application,$services}})",
        guard=f"unless on ({', '.join(BY)}) {CALLS} > 0{_AGENTS}",
        warning=Limit(0, "10m"),
        summary="<tachograph_operation_name> of <service_name> does not finish",
        description="<value> calls of <tachograph_operation_name> are under way in <service_name> and none has"
        " finished over the last 5 minutes.",
        panel=panels.OPERATION_ACTIVE,
    ),
    Check(
        name="ServiceEventLoopBlocked",
        value=f"{LAG}{{$services}}",
        unit=SECONDS,
        warning=Limit(0.1, "5m"),
        critical=Limit(1, "5m"),
        summary="The event loop of <service_name> is held up",
        description="Every hundredth step of the event loop of <service_name> came more than <value> late over the last"
        " 5 minutes; the limit is <limit>.",
        panel=panels.EVENT_LOOP,
    ),
    Check(
        name="ServiceSilent",
        value=f"group by ({', '.join(IDENTITY)})"
        " (last_over_time(tachograph_operation_active{$application,$services}[1h]))",
        guard=f"unless group by ({', '.join(IDENTITY)}) (tachograph_operation_active)",
        critical=Limit(0, "5m"),
        summary="<service_name> no longer reports",
        description="No process of <service_name> has sent telemetry for 5 minutes, but within the last hour one did.",
        panel=panels.OPERATION_RATE,
    ),
)

OPERATIONS = Subject("operations", RECORDS, CHECKS)
