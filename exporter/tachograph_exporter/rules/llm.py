"""Rules about calls of language models: latency, failures, limits of the provider, cost."""

from . import panels
from .check import Check, Limit, Subject
from .promql import IDENTITY, at_least, quantile, ratio, total
from .unit import DOLLARS, RATIO, SECONDS

DURATION = "gen_ai_client_operation_duration_seconds"
COST = "tachograph_gen_ai_client_cost_usd_total"
BY = (*IDENTITY, "gen_ai_provider_name", "gen_ai_request_model")
PROVIDER = (*IDENTITY, "gen_ai_provider_name")
CALLS = "service_provider_model:gen_ai_client_operation:rate5m"
PROVIDER_CALLS = "service_provider:gen_ai_client_operation:rate5m"
ERRORS = "service_provider_model:gen_ai_client_operation_errors:ratio_rate5m"
P95 = "service_provider_model:gen_ai_client_operation_duration_seconds:p95_rate5m"
FIRST_CHUNK = "service_provider_model:gen_ai_client_time_to_first_chunk_seconds:p95_rate5m"
DAY = "service:tachograph_gen_ai_client_cost_usd:increase1d"

_failed = total(f"{DURATION}_count", BY, "$application", 'error_type!=""')
_all = total(f"{DURATION}_count", BY, "$application")

RECORDS = (
    (CALLS, _all),
    (PROVIDER_CALLS, total(f"{DURATION}_count", PROVIDER, "$application")),
    (ERRORS, ratio(_failed, _all)),
    (P95, quantile(0.95, DURATION, BY, "$application")),
    (FIRST_CHUNK, quantile(0.95, "gen_ai_client_time_to_first_chunk_seconds", BY, "$application")),
    (DAY, f"sum by ({', '.join(IDENTITY)}) (increase({COST}{{$application}}[1d]))"),
)

CHECKS = (
    Check(
        name="LlmSlow",
        value=f"{P95}{{$services}}",
        guard=at_least(CALLS, BY, 5),
        unit=SECONDS,
        warning=Limit(5, "5m"),
        critical=Limit(10, "5m"),
        summary="<gen_ai_request_model> at <gen_ai_provider_name> is slow",
        description="One call of <gen_ai_request_model> at <gen_ai_provider_name> in twenty took <service_name> longer"
        " than <value> over the last 5 minutes; the limit is <limit>.",
        panel=panels.MODELS,
    ),
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
        panel=panels.ERRORS,
    ),
    Check(
        name="LlmCostHigh",
        value=f"{DAY}{{$services}}",
        unit=DOLLARS,
        warning=Limit(80, "5m"),
        critical=Limit(100, "5m"),
        summary="<service_name> spends its budget for models",
        description="<service_name> spent <value> on models over the last 24 hours; the limit is <limit>.",
        panel=panels.COST,
    ),
)

LLM = Subject("llm", RECORDS, CHECKS)
