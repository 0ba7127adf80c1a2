"""The key indicators of the overview: one number each, with the target it is held to."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import figures, links
from .host import CPU_USE, FILESYSTEM
from .llm_calls import PAID
from .names import CACHE, COST, FAILED, FIRING, HIT, LLM, NO_CACHE, NO_HOST, NO_LLM, NO_OPERATION, OPERATION
from .panels import value
from .queries import HOST, SERVICE, now, over_time, quantile, share


def of_services() -> list[Panel]:
    """Return speed, success and money."""
    return [*_speed(), *_worth()]


def of_hosts() -> list[Panel]:
    """Return load, use of the machines and alerts."""
    return [*_load(), *_machines()]


def _speed() -> list[Panel]:
    return [
        value(
            2,
            "Operations p95",
            "How long 95 of 100 operations took at most.",
            over_time(quantile(0.95, OPERATION, SERVICE), "target < 3 s"),
            unit="s",
            figure=figures.OPERATION_SECONDS,
            empty=NO_OPERATION,
            links=[links.to_board("Operations", links.OPERATIONS)],
        ),
        value(
            3,
            "LLM calls p95",
            "How long 95 of 100 LLM calls took at most.",
            over_time(quantile(0.95, LLM, SERVICE), "target < 3 s"),
            unit="s",
            figure=figures.LLM_SECONDS,
            empty=NO_LLM,
            links=[links.to_board("LLM", links.LLM)],
        ),
        value(
            4,
            "Success",
            "Which share of the operations ended without an error.",
            over_time(f"1 - {share(f'{OPERATION}_count', where=FAILED, of=SERVICE)}", "target > 99 %"),
            unit="percentunit",
            decimals=2,
            figure=figures.SUCCESS_RATIO,
            empty=NO_OPERATION,
            links=[links.to_board("Operations", links.OPERATIONS)],
        ),
    ]


def _worth() -> list[Panel]:
    return [
        value(
            5,
            "Cache hits",
            "Which share of the cache requests were hits.",
            over_time(share(CACHE, where=HIT, of=SERVICE), "target > 90 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.CACHE_HIT_RATIO,
            empty=NO_CACHE,
            links=[links.to_board("Cache", links.CACHE)],
        ),
        value(
            8,
            "Token efficiency",
            "The share of the tokens paid for that were useful: of answers that ended of their own accord.",
            over_time(share(PAID, where='tachograph_gen_ai_token_useful="true"', of=SERVICE), "target > 80 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.TOKEN_EFFICIENCY,
            empty=NO_LLM,
            links=[links.to_board("LLM", links.LLM)],
        ),
        value(
            7,
            "LLM cost today",
            "What the LLM calls since midnight cost, by the price list; calls without a known price are not in it.",
            now(f"sum(increase({COST}{{{SERVICE}}}[$__range]))", "since midnight"),
            unit="currencyUSD",
            decimals=2,
            since="now/d",
            empty="No priced LLM call today",
            links=[links.to_board("LLM", links.LLM)],
        ),
    ]


def _load() -> list[Panel]:
    return [
        value(
            9,
            "Alerts firing",
            "How many alerts of severity warning or critical fire, once for each service or host; the table below "
            "names them.",
            over_time(f"count({FIRING}) or vector(0)", "target 0"),
            unit="none",
            decimals=0,
            figure=figures.NONE_WANTED,
            empty="Prometheus evaluates no rules",
        ),
        value(
            24,
            "LLM calls failed",
            "Which share of the LLM calls ended with an error.",
            over_time(share(f"{LLM}_count", where=FAILED, of=SERVICE), "target < 0.1 %"),
            unit="percentunit",
            decimals=2,
            figure=figures.ERROR_RATIO,
            empty=NO_LLM,
            links=[links.to_board("LLM", links.LLM)],
        ),
        value(
            25,
            "CPU",
            "The busiest host's share of CPU time that was not idle.",
            over_time(f"max({CPU_USE})", "target < 50 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.CPU,
            empty=NO_HOST,
            links=[links.to_hosts("Host", links.HOST)],
        ),
    ]


def _machines() -> list[Panel]:
    return [
        value(
            6,
            "Memory",
            "The fullest host's memory in use.",
            over_time(f"max(tachograph_memory_utilization_ratio{{{HOST}}})", "target < 60 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.MEMORY,
            empty=NO_HOST,
            links=[links.to_hosts("Host", links.HOST)],
        ),
        value(
            26,
            "Fullest disk",
            "The fullest file system of any host.",
            over_time(f"max({FILESYSTEM})", "limit 80 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.DISK,
            empty=NO_HOST,
            links=[links.to_hosts("Host", links.HOST)],
        ),
        value(
            27,
            "Exporters up",
            "Which share of the exporters that Prometheus knows answered their last scrape.",
            over_time(f'avg(up{{job="node",{HOST}}})', "target 100 %"),
            unit="percentunit",
            decimals=0,
            figure=figures.UPTIME_RATIO,
            empty=NO_HOST,
            links=[links.to_hosts("Tachograph itself", links.EXPORTER)],
        ),
    ]
