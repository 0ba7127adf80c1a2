"""Caches: how often each one spares the work behind it, what that saves, and how full it is."""

from grafana_foundation_sdk.models.dashboard import Panel

from . import cache_savings, figures, links, variables
from .board import Board, Row
from .cache_savings import CHOSEN, EVICTIONS, SAVED_TIME
from .columns import Column
from .names import BY_CACHE, CACHE, CACHE_LEGEND, HIT, NO_CACHE
from .panels import grid, series, value
from .queries import RATE, SERVICE, over_time, per_second, rows, share

ENTRIES = f"sum by ({BY_CACHE}) (cache_entries{{{CHOSEN}}})"
ROOM = f"sum by ({BY_CACHE}) (cache_max_entries{{{CHOSEN}}})"


def _indicators() -> list[Panel]:
    return [
        value(
            2,
            "Hits",
            "The share of cache requests that were hits.",
            over_time(share(CACHE, where=HIT, of=CHOSEN), "target > 90 %"),
            unit="percentunit",
            decimals=1,
            figure=figures.CACHE_HIT_RATIO,
            width=4,
            empty=NO_CACHE,
        ),
        value(
            3,
            "Worst cache",
            "The hit rate of the cache that misses most.",
            over_time(f"min({share(CACHE, where=HIT, of=CHOSEN, by=BY_CACHE)})", "hits"),
            unit="percentunit",
            decimals=1,
            figure=figures.CACHE_HIT_RATIO,
            width=4,
            empty=NO_CACHE,
        ),
        value(
            4,
            "Requests per second",
            "How often the caches were asked.",
            over_time(per_second(CACHE, CHOSEN), "requests"),
            unit="ops",
            decimals=1,
            width=4,
            empty=NO_CACHE,
        ),
        value(
            5,
            "Misses per second",
            "How often the work behind a cache had to be done.",
            over_time(per_second(CACHE, f'cache_request_result="miss",{CHOSEN}'), "misses"),
            unit="ops",
            decimals=1,
            width=4,
            empty=NO_CACHE,
        ),
    ]


def _courses() -> list[Panel]:
    return [
        series(
            11,
            "Hit rate by cache and level",
            "The share of each cache's requests that were hits.",
            [over_time(share(CACHE, where=HIT, of=CHOSEN, by=BY_CACHE), CACHE_LEGEND)],
            unit="percentunit",
            most=1,
            figure=figures.CACHE_HIT_RATIO,
            empty=NO_CACHE,
        ),
        series(
            12,
            "Requests per second by cache and level",
            "How often each cache was asked.",
            [over_time(per_second(CACHE, CHOSEN, by=BY_CACHE), CACHE_LEGEND)],
            unit="ops",
            empty=NO_CACHE,
        ),
        series(
            13,
            "Entries by cache and level",
            "How many entries each cache holds.",
            [over_time(ENTRIES, CACHE_LEGEND)],
            unit="short",
            empty="No cache tells its size",
        ),
        series(
            14,
            "Full by cache and level",
            "How much of a bounded cache's room is taken; at 100 % each new entry displaces another.",
            [over_time(f"{ENTRIES} / {ROOM}", CACHE_LEGEND)],
            unit="percentunit",
            most=1,
            empty="No cache here is bounded",
        ),
    ]


def _each() -> list[Panel]:
    return [
        grid(
            15,
            "Caches",
            "Each cache and level over the last interval.",
            [
                rows(share(CACHE, where=HIT, of=CHOSEN, by=BY_CACHE)),
                rows(per_second(CACHE, CHOSEN, by=BY_CACHE)),
                rows(f'sum by ({BY_CACHE}) (rate({CACHE}{{cache_request_result="miss",{CHOSEN}}}[{RATE}]))'),
                rows(ENTRIES),
                rows(ROOM),
                rows(per_second(EVICTIONS, CHOSEN, by=BY_CACHE)),
                rows(per_second(SAVED_TIME, CHOSEN, by=BY_CACHE)),
            ],
            columns=[
                Column(
                    "cache_name",
                    "Cache",
                    links=[links.to_board("Only this cache", links.CACHE, cache=links.cell("Cache"))],
                ),
                Column("cache_level", "Level"),
                Column("Value #A", "Hits", "percentunit", figures.CACHE_HIT_RATIO, decimals=1),
                Column("Value #B", "Requests/s", "none", decimals=2),
                Column("Value #C", "Misses/s", "none", decimals=2, bar=True),
                Column("Value #D", "Entries", "short"),
                Column("Value #E", "Room", "short"),
                Column("Value #F", "Evictions/s", "none", decimals=2),
                Column("Value #G", "Seconds saved/s", "none", decimals=3),
            ],
            sort_by="Misses/s",
            empty=NO_CACHE,
        )
    ]


BOARD = Board(
    uid=links.CACHE,
    title="Tachograph / Cache",
    description="How often each cache spares the work behind it, what that saves, and how full it is.",
    variables=[
        variables.datasource(),
        variables.service(),
        variables.environment(),
        variables.label_values("cache", "Cache", f"{CACHE}{{{SERVICE}}}", "cache_name"),
        variables.label_values("level", "Level", f'{CACHE}{{{SERVICE},cache_name=~"$cache"}}', "cache_level"),
    ],
    rows=[
        Row(1, "Now, against the targets", [*_indicators(), *cache_savings.indicators()]),
        Row(10, "Each cache", [*_courses(), *_each()]),
        Row(20, "What hits save, what misses take, what had to go", cache_savings.panels()),
    ],
)
