"""What caches spare: the time and the money that hits saved, what misses cost, and what had to go."""

from grafana_foundation_sdk.models.dashboard import Panel

from .names import BY_CACHE, CACHE_LEGEND
from .panels import series, value
from .queries import SERVICE, now, over_time, per_second, quantile

CHOSEN = f'{SERVICE},cache_name=~"$cache",cache_level=~"$level"'
SAVED_TIME = "tachograph_cache_saved_time_seconds_total"
SAVED_COST = "tachograph_cache_saved_cost_usd_total"
LOADS = "tachograph_cache_load_duration_seconds"
EVICTIONS = "cache_evictions_total"
NO_SAVING = "No cache here knows what its misses take: see tachograph.cache"
NO_MONEY = "No miss of a cache here called a model with a price"


def indicators() -> list[Panel]:
    """Return what was saved over the chosen time."""
    return [
        value(
            6,
            "Time saved",
            "How much time hits saved over the chosen time: each hit what a miss of its cache takes on average.",
            now(f"sum(increase({SAVED_TIME}{{{CHOSEN}}}[$__range]))", "by hits"),
            unit="s",
            decimals=1,
            empty="No cache measures misses",
        ),
        value(
            7,
            "Money saved",
            "What hits saved over the chosen time: each hit what the calls of models in a miss cost on average.",
            now(f"sum(increase({SAVED_COST}{{{CHOSEN}}}[$__range]))", "by hits"),
            unit="currencyUSD",
            decimals=2,
            empty="No miss cost money",
        ),
    ]


def panels() -> list[Panel]:
    """Return what is saved and what misses take, then what had to go."""
    return [*_saved(), *_lost()]


def _saved() -> list[Panel]:
    return [
        series(
            21,
            "Seconds saved per second",
            "How much time the hits of each cache save in each second: at 1 a whole worker would be busy with it.",
            [over_time(per_second(SAVED_TIME, CHOSEN, by=BY_CACHE), CACHE_LEGEND)],
            unit="none",
            stacked=True,
            empty=NO_SAVING,
        ),
        series(
            22,
            "Money saved per hour",
            "What the hits of each cache would save in an hour at the current rate.",
            [over_time(f"3600 * {per_second(SAVED_COST, CHOSEN, by=BY_CACHE)}", CACHE_LEGEND)],
            unit="currencyUSD",
            stacked=True,
            empty=NO_MONEY,
        ),
    ]


def _lost() -> list[Panel]:
    source, reason = "tachograph_cache_load_source", "tachograph_cache_eviction_reason"
    return [
        series(
            23,
            "Misses p95 by cache and source",
            "How long 95 of 100 misses took at most until the value was there, made anew (load) or found in a level.",
            [
                over_time(
                    quantile(0.95, LOADS, CHOSEN, by=f"{BY_CACHE}, {source}"),
                    f"{CACHE_LEGEND} from {{{{{source}}}}}",
                    exemplars=True,
                )
            ],
            unit="s",
            empty=NO_SAVING,
        ),
        series(
            24,
            "Evictions per second by cache and level",
            "How many entries had to go for new ones (capacity) or were too old (expired).",
            [
                over_time(
                    per_second(EVICTIONS, CHOSEN, by=f"{BY_CACHE}, {reason}"),
                    f"{CACHE_LEGEND} {{{{{reason}}}}}",
                )
            ],
            unit="ops",
            empty="No cache had to let an entry go",
        ),
    ]
