"""LLM calls: how fast, how reliable and how dear each model of each provider is."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links, llm_agents, llm_reliability, variables
from .board import Board, Row
from .columns import Column, service
from .llm_calls import BUDGET, CALLS, CHOSEN, FIRST, NO_PRICE, NO_STREAM, PAID, UNPRICED
from .names import BY_MODEL, COST, FAILED, LLM, MODEL_LEGEND, NO_LLM, TOKENS
from .panels import grid, heat, series, value
from .queries import SERVICE, buckets, now, over_time, per_second, quantile, rows, share


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "p95",
            "How long 95 of 100 LLM calls took at most.",
            over_time(quantile(0.95, LLM, CHOSEN), "target < 3 s"),
            unit="s",
            figure=figures.LLM_SECONDS,
            empty=NO_LLM,
        ),
        value(
            3,
            "First chunk p95",
            "How long 95 of 100 streamed calls took at most until the first chunk came.",
            over_time(quantile(0.95, FIRST, CHOSEN), "p95"),
            unit="s",
            figure=figures.FIRST_CHUNK_SECONDS,
            empty=NO_STREAM,
        ),
        value(
            4,
            "Success",
            "The share of LLM calls that ended without an error.",
            over_time(f"1 - {share(CALLS, where=FAILED, of=CHOSEN)}", "target > 99 %"),
            unit="percentunit",
            decimals=2,
            figure=figures.SUCCESS_RATIO,
            empty=NO_LLM,
        ),
    ]


def _money() -> list[Panel]:
    tokens = f"sum(increase({TOKENS}{{{CHOSEN}}}[$__range]))"
    return [
        value(
            5,
            "Cost today",
            "What the calls since midnight cost, by the price list; calls without a known price are not in it.",
            now(f"sum(increase({COST}{{{CHOSEN}}}[$__range]))", "USD"),
            unit="currencyUSD",
            decimals=2,
            since="now/d",
            empty="No priced LLM call today",
        ),
        value(
            6,
            "Cost of 1,000 tokens",
            "What 1,000 tokens, read or written, cost on average over the chosen time.",
            now(f"1000 * sum(increase({COST}{{{CHOSEN}}}[$__range])) / {tokens}", "USD"),
            unit="currencyUSD",
            decimals=4,
            empty=NO_PRICE,
        ),
        value(
            8,
            "Token efficiency",
            "The share of the tokens paid for that were useful: of answers that ended of their own accord.",
            over_time(share(PAID, where='tachograph_gen_ai_token_useful="true"', of=CHOSEN), "target > 80 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.TOKEN_EFFICIENCY,
            empty=NO_LLM,
        ),
    ]


def _durations() -> list[Panel]:
    return [
        series(
            11,
            "p95 by model",
            "How long 95 of 100 calls of each model took at most; a point opens the trace that it was taken from.",
            [over_time(quantile(0.95, LLM, CHOSEN, by=BY_MODEL), MODEL_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.LLM_SECONDS,
            empty=NO_LLM,
            links=[
                _own(
                    "Only this model", provider=links.of("gen_ai_provider_name"), model=links.of("gen_ai_request_model")
                )
            ],
        ),
        series(
            12,
            "First chunk p95 by model",
            "How long 95 of 100 streamed calls of each model took at most until the first chunk came.",
            [over_time(quantile(0.95, FIRST, CHOSEN, by=BY_MODEL), MODEL_LEGEND, exemplars=True)],
            unit="s",
            figure=figures.FIRST_CHUNK_SECONDS,
            empty=NO_STREAM,
        ),
    ]


def _shape() -> list[Panel]:
    return [
        heat(
            13,
            "Durations",
            "How many calls took how long; a point opens the trace that it was taken from.",
            buckets(LLM, CHOSEN),
            unit="s",
            empty=NO_LLM,
        ),
        series(
            14,
            "Calls per second by model",
            "How often each model was called, failed calls included.",
            [over_time(per_second(CALLS, CHOSEN, by=BY_MODEL), MODEL_LEGEND)],
            unit="ops",
            empty=NO_LLM,
        ),
    ]


def _comparison() -> list[Panel]:
    hour = f"3600 * {per_second(COST, CHOSEN, by=BY_MODEL)}"
    return [
        grid(
            15,
            "Models compared",
            "Each model over the last interval: speed, reliability, tokens and money.",
            [
                rows(per_second(CALLS, CHOSEN, by=BY_MODEL)),
                rows(quantile(0.5, LLM, CHOSEN, by=BY_MODEL)),
                rows(quantile(0.95, LLM, CHOSEN, by=BY_MODEL)),
                rows(quantile(0.95, FIRST, CHOSEN, by=BY_MODEL)),
                rows(share(CALLS, where=FAILED, of=CHOSEN, by=BY_MODEL)),
                rows(per_second(TOKENS, CHOSEN, by=BY_MODEL)),
                rows(hour),
                rows(f"{per_second(COST, CHOSEN, by=BY_MODEL)} / {per_second(CALLS, CHOSEN, by=BY_MODEL)}"),
            ],
            columns=[
                Column(
                    "gen_ai_request_model",
                    "Model",
                    links=[_own("Only this model", model=links.cell("Model"))],
                    width=220,
                ),
                Column(
                    "gen_ai_provider_name",
                    "Provider",
                    links=[_own("Only this provider", provider=links.cell("Provider"))],
                ),
                Column("Value #A", "Calls/s", "none", decimals=2),
                Column("Value #B", "p50", "s", figures.LLM_SECONDS),
                Column("Value #C", "p95", "s", figures.LLM_SECONDS),
                Column("Value #D", "First chunk p95", "s", figures.FIRST_CHUNK_SECONDS),
                Column("Value #E", "Failed", "percentunit", figures.ERROR_RATIO, decimals=2),
                Column("Value #F", "Tokens/s", "none", decimals=0),
                Column("Value #G", "Cost per hour", "currencyUSD", decimals=3, bar=True),
                Column("Value #H", "Cost per call", "currencyUSD", decimals=5),
            ],
            sort_by="Cost per hour",
            empty=NO_LLM,
        )
    ]


def _tokens() -> list[Panel]:
    return [
        series(
            21,
            "Tokens per second by kind",
            "Tokens that were read (input, cache_read, cache_write) and written (output, reasoning).",
            [over_time(per_second(PAID, CHOSEN, by="gen_ai_token_type"), "{{gen_ai_token_type}}")],
            unit="none",
            stacked=True,
            empty=NO_LLM,
        ),
        series(
            22,
            "Cost per hour by model",
            "What each model would cost in an hour at the current rate.",
            [over_time(f"3600 * {per_second(COST, CHOSEN, by=BY_MODEL)}", MODEL_LEGEND)],
            unit="currencyUSD",
            stacked=True,
            empty=NO_PRICE,
        ),
        *_spending(),
    ]


def _spending() -> list[Panel]:
    today = f"sum(increase({COST}{{{CHOSEN}}}[$__range]))"
    return [
        value(
            24,
            "Budget used today",
            "What the calls since midnight cost, as a share of the services' budgets for a day.",
            now(f"{today} / {BUDGET}", "since midnight"),
            unit="percentunit",
            decimals=1,
            figure=figures.BUDGET,
            width=6,
            since="now/d",
            empty="No budget is set: TACHOGRAPH_LLM_BUDGET_USD",
        ),
        grid(
            23,
            "Cost by service",
            "What each service's calls cost over the chosen time, and how many have no known price and are not in it.",
            [
                rows(f"sum by (service_name) (increase({COST}{{{CHOSEN}}}[$__range]))"),
                rows(f"sum by (service_name) (increase({UNPRICED}{{{CHOSEN}}}[$__range]))"),
            ],
            columns=[
                service(),
                Column("Value #A", "Cost", "currencyUSD", decimals=2, bar=True),
                Column("Value #B", "Calls without a price", "short", decimals=0, width=180),
            ],
            sort_by="Cost",
            width=18,
            height=5,
            empty=NO_PRICE,
        ),
    ]


def _own(title: str, **chosen: str) -> links.Link:
    return links.to_board(title, links.LLM, **chosen)


BOARD = Board(
    uid=links.LLM,
    title="Tachograph / LLM",
    description="How fast, how reliable and how dear each model of each provider is.",
    variables=[
        variables.datasource(),
        variables.service(),
        variables.environment(),
        variables.label_values("provider", "Provider", f"{CALLS}{{{SERVICE}}}", "gen_ai_provider_name"),
        variables.label_values(
            "model", "Model", f'{CALLS}{{{SERVICE},gen_ai_provider_name=~"$provider"}}', "gen_ai_request_model"
        ),
    ],
    rows=[
        Row(1, "Now, against the targets", [*_indicators(), *_money()]),
        Row(10, "Speed", [*_durations(), *_shape(), *_comparison()]),
        Row(20, "Tokens and money", _tokens()),
        Row(30, "Errors, retries and reserves", llm_reliability.panels()),
        Row(40, "Agents, tools, chains and scores", llm_agents.panels(), collapsed=True),
    ],
)
