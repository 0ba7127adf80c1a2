"""The histograms and labels that several boards read, and what is written where they have nothing."""

OPERATION = "tachograph_operation_duration_seconds"
LLM = "gen_ai_client_operation_duration_seconds"
DATABASE = "db_client_operation_duration_seconds"
CACHE = "cache_requests_total"
# Recorded by prometheus/rules: a quantile of every operation is too much to ask for at each look.
OPERATION_P95 = "service_operation:tachograph_operation_duration_seconds:p95_rate5m"

COST = "tachograph_gen_ai_client_cost_usd_total"
TOKENS = "gen_ai_client_token_usage_sum"

BY_OPERATION = "service_name, tachograph_operation_name"
OPERATION_LEGEND = "{{service_name}} {{tachograph_operation_name}}"
BY_MODEL = "gen_ai_provider_name, gen_ai_request_model"
MODEL_LEGEND = "{{gen_ai_request_model}} ({{gen_ai_provider_name}})"
BY_QUERY = "db_system_name, db_operation_name"
QUERY_LEGEND = "{{db_system_name}} {{db_operation_name}}"
BY_CACHE = "cache_name, cache_level"
CACHE_LEGEND = "{{cache_name}} {{cache_level}}"

NO_OPERATION = "No operation ran in this time"
NO_LLM = "No LLM call in this time"
NO_QUERY = "No database call in this time"
NO_CACHE = "No cache was used in this time"
NO_HOST = "No exporter reports this host"

# An alert that fires for many statements or file systems of one service or host is one thing to look at; a warning that
# its critical alert has overtaken is none. Alertmanager tells it so too.
_SUBJECT = "alertname, service_name, instance"
_CRITICAL, _WARNING = (
    f'max by (severity, {_SUBJECT}) (ALERTS{{alertstate="firing",severity="{severity}"}})'
    for severity in ("critical", "warning")
)
FIRING = f"({_CRITICAL} or ({_WARNING} unless on ({_SUBJECT}) {_CRITICAL}))"
FAILED = 'error_type!=""'
HIT = 'cache_request_result="hit"'
