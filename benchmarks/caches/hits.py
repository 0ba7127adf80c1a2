"""Hits of caches in the process: what counting each adds, beside OpenTelemetry's Counter.add, in this one process."""

import functools
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import cachetools
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import tachograph

_CALLS = 50_000
_KEY, _VALUE = 1, "value"
Hit = Callable[[int], None]


def table(*, rounds: int) -> list[str]:
    """Return the table's lines."""
    count = MeterProvider((InMemoryMetricReader(),)).get_meter("application").create_counter("cache.requests").add
    attributes = {"cache.name": "c", "cache.level": "L1", "cache.request.result": "hit"}
    rows: dict[str, tuple[Hit, Hit]] = {
        "`functools.lru_cache`": (_called(_function()), _called(tachograph.cache("lru_cache")(_function()))),
        "`functools.lru_cache`, with `Counter.add` by hand": (
            _called(_function()),
            _called(_and(_function(), lambda: count(1, attributes))),
        ),
        "`cachetools.LRUCache`, `cache[key]`": (_indexed(_lru()), _indexed(tachograph.cache("lru")(_lru()))),
        "`cachetools.LRUCache`, `cache.get(key)`": (_got(_lru()), _got(tachograph.cache("lru get")(_lru()))),
        "`cachetools.TTLCache`, `cache[key]`": (_indexed(_ttl()), _indexed(tachograph.cache("ttl")(_ttl()))),
        "`cachetools.cached`, a function": (_called(_cached()), _called(tachograph.cache("cached")(_cached()))),
        "a dict, `cache[key]`": (_indexed({_KEY: _VALUE}), _indexed(tachograph.cache("dict")({_KEY: _VALUE}))),
        "a dict, `cache.get(key)`": (_got({_KEY: _VALUE}), _got(tachograph.cache("dict get")({_KEY: _VALUE}))),
    }
    lines = [
        "",
        "## Hits in the process",
        "",
        "Without a span; nanoseconds of CPU time, medians of paired rounds.",
        "",
        "| | bare, ns | added, ns |",
        "| --- | ---: | ---: |",
    ]
    for name, (bare, counted) in rows.items():
        before, added = _added(bare, counted, rounds=rounds)
        lines.append(f"| {name} | {before:.0f} | {added:.0f} |")
    return lines


def _added(bare: Hit, counted: Hit, *, rounds: int) -> tuple[float, float]:
    bare(_CALLS)
    counted(_CALLS)
    befores, added = [], []
    for number in range(rounds):
        taken = {hit: _taken(hit) for hit in ((bare, counted) if number % 2 else (counted, bare))}
        befores.append(taken[bare])
        added.append(taken[counted] - taken[bare])
    return median(befores), median(added)


def _taken(hit: Hit) -> float:
    began = time.process_time_ns()
    hit(_CALLS)
    return (time.process_time_ns() - began) / _CALLS


def _function() -> Any:
    @functools.lru_cache
    def load(_key: int) -> str:
        return _VALUE

    return load


def _cached() -> Any:
    @cachetools.cached(cachetools.LRUCache(100))
    def load(_key: int) -> str:
        return _VALUE

    return load


def _and(function: Any, count: Callable[[], object]) -> Any:
    def counted(key: int) -> str:
        count()
        found: str = function(key)
        return found

    return counted


def _lru() -> Any:
    cached: Any = cachetools.LRUCache(100)
    cached[_KEY] = _VALUE
    return cached


def _ttl() -> Any:
    cached: Any = cachetools.TTLCache(100, 3600)
    cached[_KEY] = _VALUE
    return cached


def _called(function: Any) -> Hit:
    def hit(calls: int) -> None:
        for _ in range(calls):
            function(_KEY)

    return hit


def _indexed(cached: Any) -> Hit:
    def hit(calls: int) -> None:
        for _ in range(calls):
            cached[_KEY]

    return hit


def _got(cached: Any) -> Hit:
    def hit(calls: int) -> None:
        for _ in range(calls):
            cached.get(_KEY)

    return hit
