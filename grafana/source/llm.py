"""LLM calls: how fast, how reliable and how dear each model of each provider is."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links, variables
from .board import Board, Row
from .columns import Column
from .names import BY_MODEL, COST, FAILED, LLM, MODEL_LEGEND, NO_LLM, TOKENS
from .panels import bars, grid, heat, series, value
from .queries import SERVICE, buckets, now, over_time, per_second, quantile, rows, share

CHOSEN = f'{SERVICE},gen_ai_provider_name=~"$provider",gen_ai_request_model=~"$model"'
CALLS = f"{LLM}_count"
FIRST = "gen_ai_client_time_to_first_chunk_seconds"
CHUNK = "gen_ai_client_time_per_output_chunk_seconds"
NO_STREAM = "No streamed LLM call in this time"
NO_PRICE = "No priced LLM call in this time"
ATTEMPTS = "tachograph_gen_ai_client_attempts_total"


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "p95",
            "How long 95 of 100 LLM calls took at most. Warning from 5 s, critical from 10 s.",
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
            "The share of LLM calls that ended without an error. Warning below 99 %, critical below 95 %.",
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
            7,
            "Tokens per second",
            "How many tokens were read and written in each second.",
            over_time(per_second(TOKENS, CHOSEN), "tokens"),
            unit="none",
            decimals=0,
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
                Column("gen_ai_request_model", "Model", links=[_own("Only this model", model=links.cell("Model"))]),
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
            "Tokens that were read (input) and written (output).",
            [over_time(per_second(TOKENS, CHOSEN, by="gen_ai_token_type"), "{{gen_ai_token_type}}")],
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
        bars(
            23,
            "Cost by service",
            "What each service's calls cost over the chosen time.",
            now(f"sum by (service_name) (increase({COST}{{{CHOSEN}}}[$__range]))", "{{service_name}}"),
            unit="currencyUSD",
            width=24,
            height=5,
            empty=NO_PRICE,
            links=[
                links.to_board("The operations of this service", links.OPERATIONS, service=links.of("service_name"))
            ],
        ),
    ]


def _faults() -> list[Panel]:
    return [
        series(
            31,
            "Failed share by model",
            "The share of each model's calls that ended with an error. Warning from 1 %, critical from 5 %.",
            [over_time(share(CALLS, where=FAILED, of=CHOSEN, by=BY_MODEL), MODEL_LEGEND)],
            unit="percentunit",
            figure=figures.ERROR_RATIO,
            empty=NO_LLM,
            width=8,
        ),
        series(
            32,
            "Errors by type",
            "How many calls failed in each second, by the type of the error; 429 is the provider's rate limit.",
            [over_time(per_second(CALLS, f"{FAILED},{CHOSEN}", by="error_type"), "{{error_type}}")],
            unit="ops",
            empty="No LLM call failed in this time",
            width=8,
        ),
        series(
            33,
            "First chunk to last: p95 per chunk",
            "How long 95 of 100 streamed calls took at most from one chunk to the next.",
            [over_time(quantile(0.95, CHUNK, CHOSEN, by=BY_MODEL), MODEL_LEGEND, exemplars=True)],
            unit="s",
            empty=NO_STREAM,
            width=8,
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
        Row(30, "Errors", _faults()),
    ],
)
