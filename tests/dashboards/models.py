"""The invented hours of the services' models, agents and tools."""

from collections.abc import Iterator

from .courses import LLM_BOUNDS, Labels, Series, counter, histogram, load, outcomes, scaled, slowed

MODELS = {("openai", "gpt-4o-mini"): 0.6, ("openai", "gpt-4o"): 1.1, ("anthropic", "claude-sonnet-4-5"): 1.4}


def models(labels: Labels) -> Iterator[Series]:
    """Yield the series of a service's models, agents, tools and scores."""
    yield from _each(labels)
    for kind in ("agent", "tool"):
        named = {**labels, f"gen_ai_{kind}_name": "assistant" if kind == "agent" else "search_memory"}
        name = "gen_ai_invoke_agent_duration_seconds" if kind == "agent" else "gen_ai_execute_tool_duration_seconds"
        yield from histogram(name, named, LLM_BOUNDS, scaled(0.7), slowed(1.1 if kind == "agent" else 0.05))
    for outcome, share in {"first": 0.97, "fallback": 0.02, "exhausted": 0.01}.items():
        chain = {**labels, "tachograph_gen_ai_chain_name": "answer", "tachograph_gen_ai_chain_outcome": outcome}
        yield "tachograph_gen_ai_client_chains_total", chain, counter(scaled(share))
    scored = {**labels, "tachograph_score_name": "relevance", "tachograph_operation_name": "memory.search"}
    yield "tachograph_score_count", scored, counter(scaled(2))
    yield "tachograph_score_sum", scored, counter(scaled(2 * 0.7))


def _each(labels: Labels) -> Iterator[Series]:
    for (provider, model), seconds in MODELS.items():
        named = {
            **labels,
            "gen_ai_provider_name": provider,
            "gen_ai_request_model": model,
            "gen_ai_operation_name": "chat",
        }
        yield from outcomes("gen_ai_client_operation_duration_seconds", named, LLM_BOUNDS, 2, seconds)
        for name, part in (("time_to_first_chunk", 0.4), ("time_per_output_chunk", 0.02)):
            course = slowed(seconds * part)
            yield from histogram(f"gen_ai_client_{name}_seconds", named, LLM_BOUNDS, scaled(1), course)
        for kind, tokens in {"input": 900.0, "output": 150.0}.items():
            yield "gen_ai_client_token_usage_sum", {**named, "gen_ai_token_type": kind}, counter(scaled(2 * tokens))
        yield "tachograph_gen_ai_client_cost_usd_total", named, counter(scaled(2 * 0.0004 * seconds))
        yield "tachograph_gen_ai_client_unpriced_total", named, counter(scaled(0.001))
        for kind, tokens in {"input": 700.0, "cache_read": 200.0, "output": 120.0, "reasoning": 30.0}.items():
            for useful, share in (("true", 0.93), ("false", 0.07)):
                paid = {**named, "gen_ai_token_type": kind, "tachograph_gen_ai_token_useful": useful}
                yield "tachograph_gen_ai_client_tokens_total", paid, counter(scaled(2 * tokens * share))
        for outcome, share in {"success": 1.0, "rate_limited": 0.06, "server_error": 0.02}.items():
            attempt = {**named, "tachograph_gen_ai_attempt_outcome": outcome}
            yield "tachograph_gen_ai_client_attempts_total", attempt, counter(scaled(2 * share))
        fallback = {**named, "tachograph_gen_ai_fallback_from_model": "gpt-4o"}
        yield "tachograph_gen_ai_client_fallbacks_total", fallback, counter(scaled(0.01))
        quota = {**named, "tachograph_gen_ai_quota_type": "requests"}
        yield "tachograph_gen_ai_client_quota_remaining", quota, lambda minute: 450 / load(minute)
    yield "tachograph_gen_ai_client_budget_usd", labels, lambda _: 150
