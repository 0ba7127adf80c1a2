"""Rules about calls of language models: latency, failures, limits of the provider, cost."""

from . import panels
from .check import Check, Limit, Subject
from .promql import IDENTITY, at_least, quantile, ratio, total
from .unit import DOLLARS, RATIO, SECONDS

DURATION = "gen_ai_client_operation_duration_seconds"
COST = "tachograph_gen_ai_client_cost_usd_total"
ATTEMPTS = "tachograph_gen_ai_client_attempts_total"
_LIMITED = 'tachograph_gen_ai_attempt_outcome="rate_limited"'
BY = (*IDENTITY, "gen_ai_provider_name", "gen_ai_request_model")
PROVIDER = (*IDENTITY, "gen_ai_provider_name")
CALLS = "service_provider_model:gen_ai_client_operation:rate5m"
PROVIDER_CALLS = "service_provider:gen_ai_client_operation:rate5m"
ERRORS = "service_provider_model:gen_ai_client_operation_errors:ratio_rate5m"
P95 = "service_provider_model:gen_ai_client_operation_duration_seconds:p95_rate5m"
FIRST_CHUNK = "service_provider_model:gen_ai_client_time_to_first_chunk_seconds:p95_rate5m"
RATE_LIMITED = "service_provider_model:tachograph_gen_ai_client_attempts_rate_limited:ratio_rate5m"
DAY = "service:tachograph_gen_ai_client_cost_usd:increase1d"

_failed = total(f"{DURATION}_count", BY, "$application", 'error_type!=""')
_all = total(f"{DURATION}_count", BY, "$application")

RECORDS = (
    (CALLS, _all),
    (PROVIDER_CALLS, total(f"{DURATION}_count", PROVIDER, "$application")),
    (ERRORS, ratio(_failed, _all)),
    (
        RATE_LIMITED,
        ratio(total(ATTEMPTS, BY, "$application", _LIMITED), total(ATTEMPTS, BY, "$application")),
    ),
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
        panel=panels.MODEL_LATENCY,
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
        panel=panels.MODEL_ERRORS,
    ),
    Check(
        name="LlmProviderDown",
        value=f"max by ({', '.join(BY)})"
        ' (tachograph_consecutive_failures{$application,$services,tachograph_target_kind="llm"})',
        critical=Limit(4, "1m"),
        summary="<gen_ai_request_model> at <gen_ai_provider_name> does not work",
        description="The last <value> calls of <gen_ai_request_model> at <gen_ai_provider_name> by <service_name> have"
        " all failed; the limit is <limit>.",
        panel=panels.MODEL_ERRORS,
    ),
    Check(
        name="LlmRateLimited",
        value=f"{RATE_LIMITED}{{$services}}",
        guard=at_least(CALLS, BY, 5),
        unit=RATIO,
        warning=Limit(0.05, "5m"),
        critical=Limit(0.25, "5m"),
        summary="<gen_ai_provider_name> turns calls of <gen_ai_request_model> away",
        description="<value> of <service_name>'s requests for <gen_ai_request_model> at <gen_ai_provider_name> were"
        " refused by a rate limit over the last 5 minutes; the limit is <limit>.",
        panel=panels.MODEL_ATTEMPTS,
    ),
    Check(
        name="LlmRateLimitNear",
        value=f"min by ({', '.join((*BY, 'tachograph_gen_ai_quota_type'))}) (\n"
        "  tachograph_gen_ai_client_quota_remaining{$application,$services}\n"
        "  / (tachograph_gen_ai_client_quota_limit{$application,$services} > 0)\n"
        ")",
        comparison="<",
        unit=RATIO,
        warning=Limit(0.1, "2m"),
        critical=Limit(0.02, "2m"),
        summary="<service_name> is near the rate limit of <gen_ai_provider_name>",
        description="<value> of the <tachograph_gen_ai_quota_type> that <gen_ai_provider_name> allows"
        " <service_name> for <gen_ai_request_model> are left; the limit is <limit>.",
        panel=panels.MODEL_QUOTA,
    ),
    Check(
        name="LlmBudgetSpent",
        value=f"{DAY}{{$services}}\n/ on ({', '.join(IDENTITY)})"
        f" (max by ({', '.join(IDENTITY)}) (tachograph_gen_ai_client_budget_usd{{$application}}) > 0)",
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(1, "5m"),
        summary="<service_name> spends its budget for models",
        description="<service_name> spent <value> of its daily budget for models over the last 24 hours;"
        " the limit is <limit>.",
        panel=panels.MODEL_BUDGET,
    ),
    Check(
        name="LlmCostUnknown",
        value=f"{total('tachograph_gen_ai_client_unpriced_total', BY, '$application')}\n/ ({CALLS}{{$services}} > 0)",
        unit=RATIO,
        info=Limit(0.05, "15m"),
        summary="The cost of <gen_ai_request_model> at <gen_ai_provider_name> is unknown",
        description="<value> of <service_name>'s calls of <gen_ai_request_model> at <gen_ai_provider_name> have no"
        " known price: they are missing from its cost.",
        panel=panels.MODEL_COST,
    ),
    Check(
        name="LlmCostHigh",
        value=f"{DAY}{{$services}}",
        guard=f"unless on ({', '.join(IDENTITY)}) tachograph_gen_ai_client_budget_usd",
        unit=DOLLARS,
        warning=Limit(80, "5m"),
        critical=Limit(100, "5m"),
        summary="<service_name> spends much on models",
        description="<service_name> spent <value> on models over the last 24 hours; the limit is <limit>.",
        panel=panels.MODEL_COST,
    ),
)

LLM = Subject("llm", RECORDS, CHECKS)
