"""Rules about the application's operations: how long they take, how many fail."""

from .check import Check, Limit, Panel, Subject
from .promql import IDENTITY, at_least, quantile, ratio, total
from .unit import SECONDS

DURATION = "tachograph_operation_duration_seconds"
BY = (*IDENTITY, "tachograph_operation_name")
CALLS = "service_operation:tachograph_operation:rate5m"
ERRORS = "service_operation:tachograph_operation_errors:ratio_rate5m"
P95 = "service_operation:tachograph_operation_duration_seconds:p95_rate5m"
VARIABLES = (("service", "service_name"), ("environment", "deployment_environment_name"))

OPERATIONS = Subject(
    "operations",
    records=(
        (CALLS, total(f"{DURATION}_count", BY, "$application")),
        (
            ERRORS,
            ratio(
                total(f"{DURATION}_count", BY, "$application", 'error_type!=""'),
                total(f"{DURATION}_count", BY, "$application"),
            ),
        ),
        (P95, quantile(0.95, DURATION, BY, "$application")),
    ),
    checks=(
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
            panel=Panel("tachograph-overview", 11, VARIABLES),
        ),
    ),
)
