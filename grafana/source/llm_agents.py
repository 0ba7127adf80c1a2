"""Agents, their tools, the chains of models, and how good what they produce is."""

from grafana_foundation_sdk.models.dashboard import Panel

from .llm_calls import NO_CHAIN
from .panels import series
from .queries import RATE, SERVICE, over_time, per_second, quantile, top

SCORE = "tachograph_score"


def panels() -> list[Panel]:
    """Return agents and tools, then chains and scores."""
    return [*_agents(), *_outcomes()]


def _agents() -> list[Panel]:
    agents, tools = "gen_ai_invoke_agent_duration_seconds", "gen_ai_execute_tool_duration_seconds"
    return [
        series(
            41,
            "Agents p95",
            "How long 95 of 100 runs of each agent took at most; a point opens the trace that it was taken from.",
            [
                over_time(
                    top(quantile(0.95, agents, SERVICE, by="service_name, gen_ai_agent_name")),
                    "{{service_name}} {{gen_ai_agent_name}}",
                    exemplars=True,
                )
            ],
            unit="s",
            empty="No agent ran in this time",
        ),
        series(
            42,
            "Tools p95",
            "How long 95 of 100 runs of each tool took at most; a point opens the trace that it was taken from.",
            [
                over_time(
                    top(quantile(0.95, tools, SERVICE, by="service_name, gen_ai_tool_name")),
                    "{{service_name}} {{gen_ai_tool_name}}",
                    exemplars=True,
                )
            ],
            unit="s",
            empty="No tool ran in this time",
        ),
    ]


def _outcomes() -> list[Panel]:
    chain, outcome = "tachograph_gen_ai_chain_name", "tachograph_gen_ai_chain_outcome"
    by_score = "service_name, tachograph_score_name, tachograph_operation_name"
    total = f"sum by ({by_score}) (rate({SCORE}_sum{{{SERVICE}}}[{RATE}]))"
    return [
        series(
            43,
            "Scores by name and operation",
            "The average of the scores that the application gave its answers, each on its own scale.",
            [
                over_time(
                    top(f"{total} / (sum by ({by_score}) (rate({SCORE}_count{{{SERVICE}}}[{RATE}])) > 0)"),
                    "{{service_name}} {{tachograph_score_name}} {{tachograph_operation_name}}",
                )
            ],
            unit="none",
            empty="Nothing was scored: see tachograph.score",
        ),
        series(
            44,
            "Chains by outcome",
            "How often a chain of models was answered by its first, by a fallback, or by none (exhausted).",
            [
                over_time(
                    per_second("tachograph_gen_ai_client_chains_total", SERVICE, by=f"{chain}, {outcome}"),
                    f"{{{{{chain}}}}} {{{{{outcome}}}}}",
                )
            ],
            unit="ops",
            stacked=True,
            empty=NO_CHAIN,
        ),
    ]
