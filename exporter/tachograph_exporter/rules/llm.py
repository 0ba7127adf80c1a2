"""Rules about calls of language models."""

from .check import Check, Limit, Panel, Subject
from .promql import IDENTITY, at_least, ratio, total
from .unit import RATIO

DURATION = "gen_ai_client_operation_duration_seconds"
BY = (*IDENTITY, "gen_ai_provider_name", "gen_ai_request_model")
CALLS = "service_provider_model:gen_ai_client_operation:rate5m"
ERRORS = "service_provider_model:gen_ai_client_operation_errors:ratio_rate5m"
VARIABLES = (("service", "service_name"), ("environment", "deployment_environment_name"))

LLM = Subject(
    "llm",
    records=(
        (CALLS, total(f"{DURATION}_count", BY, "$application")),
        (
            ERRORS,
            ratio(
                total(f"{DURATION}_count", BY, "$application", 'error_type!=""'),
                total(f"{DURATION}_count", BY, "$application"),
            ),
        ),
    ),
    checks=(
        Check(
            name="LlmErrorsHigh",
            value=f"{ERRORS}{{$services}}",
            guard=at_least(CALLS, BY, 5),
            unit=RATIO,
            warning=Limit(0.01, "5m"),
            critical=Limit(0.05, "5m"),
            summary="Calls of <gen_ai_request_model> at <gen_ai_provider_name> fail",
            description="<value> of <service_name>'s calls of <gen_ai_request_model> at <gen_ai_provider_name> failed"
            " over the last 5 minutes; the limit is <limit>.",
            panel=Panel("tachograph-overview", 14, VARIABLES),
        ),
    ),
)
