"""What the panels on LLM calls read: which metrics, of which choice, and what they say where there are none."""

from .names import LLM
from .queries import SERVICE

CHOSEN = f'{SERVICE},gen_ai_provider_name=~"$provider",gen_ai_request_model=~"$model"'
CALLS = f"{LLM}_count"
FIRST = "gen_ai_client_time_to_first_chunk_seconds"
CHUNK = "gen_ai_client_time_per_output_chunk_seconds"
NO_STREAM = "No streamed LLM call in this time"
NO_CHAIN = "No chain of models is used: see tachograph.fallback"
NO_PRICE = "No priced LLM call in this time"
ATTEMPTS = "tachograph_gen_ai_client_attempts_total"
FALLBACKS = "tachograph_gen_ai_client_fallbacks_total"
UNPRICED = "tachograph_gen_ai_client_unpriced_total"
PAID = "tachograph_gen_ai_client_tokens_total"
BUDGET = f"sum(max by (service_name) (tachograph_gen_ai_client_budget_usd{{{SERVICE}}}))"
