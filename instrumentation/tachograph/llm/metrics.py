"""The metrics of calls of models."""

from .. import names
from ..model import LLM_BUCKETS, TOKEN_BUCKETS, Metric

DURATION = Metric(names.GEN_AI_OPERATION_DURATION, "histogram", "s", "GenAI operation duration.", LLM_BUCKETS)
TOKEN_USAGE = Metric(
    names.GEN_AI_TOKEN_USAGE, "histogram", "{token}", "Number of input and output tokens used.", TOKEN_BUCKETS
)
FIRST_CHUNK = Metric(
    names.GEN_AI_TIME_TO_FIRST_CHUNK, "histogram", "s", "Time to receive the first chunk of a stream.", LLM_BUCKETS
)
PER_CHUNK = Metric(
    names.GEN_AI_TIME_PER_OUTPUT_CHUNK, "histogram", "s", "Time that each chunk after the first took.", LLM_BUCKETS
)
TOKENS = Metric(
    names.GEN_AI_TOKENS,
    "counter",
    "{token}",
    "Tokens paid for, each counted under one type; useful where the answer ended of its own accord.",
)
COST = Metric(names.GEN_AI_COST, "counter", "{USD}", "What calls of models cost, by list prices.")
UNPRICED = Metric(names.GEN_AI_UNPRICED, "counter", "{operation}", "Calls of models whose cost is unknown, by reason.")
ATTEMPTS = Metric(names.GEN_AI_ATTEMPTS, "counter", "{attempt}", "HTTP requests behind calls of models, by outcome.")
QUOTA_REMAINING = Metric(
    names.GEN_AI_QUOTA_REMAINING, "gauge", "{quota}", "What the provider's rate limit still leaves, as it last said."
)
QUOTA_LIMIT = Metric(names.GEN_AI_QUOTA_LIMIT, "gauge", "{quota}", "The provider's rate limit, as it last said.")
CHAINS = Metric(names.GEN_AI_CHAINS, "counter", "{chain}", "Chains of models gone through, by how they ended.")
FALLBACKS = Metric(
    names.GEN_AI_FALLBACKS, "counter", "{fallback}", "Calls of a model because the one before it in a chain failed."
)
BUDGET = Metric(names.GEN_AI_BUDGET, "gauge", "{USD}", "What calls of models may cost in a day.")
