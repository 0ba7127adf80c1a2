"""Caches in the process: hits, misses, evictions and room per name and level, without a span and without a key."""

import asyncio
import copy
import functools
import gc
import pickle
import threading
from collections import OrderedDict, UserDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary, ref

import aiocache
import async_lru
import cachetools
import cachetools.func
import diskcache
import pytest

import tachograph
from tests.fixtures.telemetry import Seeing

METRICS = ("cache.requests", "cache.evictions", "cache.entries", "cache.max_entries", "tachograph.cache.promotions")


def counted(telemetry: Seeing, name: str, *metrics: str) -> dict[tuple[Any, ...], float]:
    """Return a cache's points by metric and what tells them apart, but for its name and its only level."""
    return {
        (point.metric, *(value for key, value in point.labels.items() if key != "cache.name")): point.sum
        if point.count is None
        else point.count
        for point in telemetry.points(*(metrics or METRICS))
        if point.labels["cache.name"] == name
    }


@pytest.fixture
def name(request: pytest.FixtureRequest, telemetry: Seeing) -> str:
    """A name that no other test's cache has."""
    return f"{request.node.name} {telemetry.way}"


def requests(hits: int, misses: int, **more: int) -> dict[tuple[Any, ...], float]:
    """Return the points of a cache at L1: its requests, and `entries`, `room` and `evicted` where they are given."""
    points: dict[tuple[Any, ...], float] = {}
    if hits:
        points["cache.requests", "L1", "hit"] = hits
    if misses:
        points["cache.requests", "L1", "miss"] = misses
    if "entries" in more:
        points["cache.entries", "L1"] = more["entries"]
    if "room" in more:
        points["cache.max_entries", "L1"] = more["room"]
    if "evicted" in more:
        points["cache.evictions", "L1", "capacity"] = more["evicted"]
    return points


def test_a_key_that_is_loaded_twice_at_once_evicts_nothing(name: str, telemetry: Seeing) -> None:
    both = threading.Barrier(2)

    def load(key: int) -> int:
        both.wait()
        return key

    function = tachograph.cache(name)(functools.lru_cache(maxsize=2)(load))
    threads = [threading.Thread(target=function, args=(1,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(telemetry, name, "cache.entries", "cache.evictions") == requests(0, 0, entries=1)


def test_a_function_under_lru_cache(name: str, telemetry: Seeing) -> None:
    def square(number: int) -> int:
        """Square a number."""
        return number * number

    function = tachograph.cache(name)(functools.lru_cache(maxsize=2)(square))
    answers = [function(number) for number in (1, 1, 2, 3, 1)]
    assert (answers, counted(telemetry, name), function.__wrapped__, function.__doc__, telemetry.spans) == (
        [1, 1, 4, 9, 1],
        requests(1, 4, entries=2, room=2, evicted=2),
        square,
        "Square a number.",
        [],
    )


def test_a_function_under_cache_that_is_cleared(name: str, telemetry: Seeing) -> None:
    @tachograph.cache(name)
    @functools.cache
    def square(number: int) -> int:
        return number * number

    [square(number) for number in (1, 1, 2)]
    square.cache_clear()
    square(1)
    assert (counted(telemetry, name), square.cache_info().misses) == (requests(1, 3, entries=1), 1)


def test_a_function_that_has_been_called_keeps_what_it_has(name: str, telemetry: Seeing) -> None:
    function = functools.lru_cache(maxsize=4)(lambda number: number)
    function(1)
    same = tachograph.cache(name)(function)
    assert (same is function, same(1), counted(telemetry, name)) == (True, 1, requests(1, 1, entries=1, room=4))


def test_a_function_whose_entries_grow_too_old_lets_them_go_still(name: str, telemetry: Seeing) -> None:
    clock, asked = Timed(), []

    @tachograph.cache(name)
    @cachetools.func.ttl_cache(maxsize=4, ttl=10, timer=clock)
    def load(key: int) -> int:
        asked.append(key)
        return key

    load(1), load(1)
    clock.now = 20.0
    load(1)
    assert (asked, load.cache_info().hits, counted(telemetry, name, "cache.requests")) == (
        [1, 1],
        1,
        {**requests(1, 1), ("cache.requests", "L1", "miss", "expired"): 1},
    )


def test_a_method_under_lru_cache(name: str, telemetry: Seeing) -> None:
    class Notes:
        @tachograph.cache(name)
        @functools.lru_cache(maxsize=4)  # noqa: B019 - what applications do all the same
        def load(self, key: int) -> int:
            return key

    notes = Notes()
    answers = [notes.load(key) for key in (1, 1, 2)]
    assert (answers, counted(telemetry, name)) == ([1, 1, 2], requests(1, 2, entries=2, room=4))
    notes.load.cache_clear()
    assert counted(telemetry, name) == requests(1, 2, entries=0, room=4)


def test_a_function_that_nobody_has_any_more_is_let_go_of(name: str, telemetry: Seeing) -> None:
    function = tachograph.cache(name)(functools.lru_cache(maxsize=4)(lambda key: key))
    [function(key) for key in (1, 1)]
    before, reference = counted(telemetry, name), ref(function)
    del function
    gc.collect()
    assert (before, reference(), counted(telemetry, name)) == (
        requests(1, 1, entries=1, room=4),
        None,
        requests(1, 1),
    )


def test_a_function_under_alru_cache(name: str, telemetry: Seeing) -> None:
    @tachograph.cache(name)
    @async_lru.alru_cache(maxsize=4)
    async def load(key: int) -> int:
        return key

    async def application() -> list[int]:
        return [await load(key) for key in (1, 1, 2)]

    assert (asyncio.run(application()), counted(telemetry, name)) == ([1, 1, 2], requests(1, 2, entries=2, room=4))


def test_an_error_of_a_load_reaches_the_application_and_is_no_load(name: str, telemetry: Seeing) -> None:
    function = tachograph.cache(name)(functools.lru_cache(lambda number: 1 / number))
    with pytest.raises(ZeroDivisionError):
        function(0)
    assert counted(telemetry, name, "cache.requests", "tachograph.cache.load.duration") == {
        ("cache.requests", "L1", "hit"): 0,
        ("cache.requests", "L1", "miss"): 1,
    }


class Timed:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


CACHES: dict[str, Callable[[], Any]] = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "Cache": lambda: cachetools.Cache(maxsize=2),
    "FIFOCache": lambda: cachetools.FIFOCache(maxsize=2),
    "LRUCache": lambda: cachetools.LRUCache(maxsize=2),
    "LFUCache": lambda: cachetools.LFUCache(maxsize=2),
    "RRCache": lambda: cachetools.RRCache(maxsize=2),
    "TTLCache": lambda: cachetools.TTLCache(maxsize=2, ttl=60),
}


@pytest.mark.parametrize("kind", CACHES)
def test_a_mapping(kind: str, name: str, telemetry: Seeing) -> None:
    made = CACHES[kind]()
    cached = tachograph.cache(name)(made)
    with pytest.raises(KeyError):
        cached["a"]
    absent = cached.get("a", 0)
    cached["a"] = 1
    cached["b"] = 2
    found = cached["a"], cached.get("b"), "a" in cached, len(cached)
    bounded = "Cache" in kind
    if bounded:
        cached["c"] = 3
    told = requests(2, 2, entries=2, **({"room": 2, "evicted": 1} if bounded else {}))
    assert (absent, found, isinstance(cached, type(made)), counted(telemetry, name), telemetry.spans) == (
        0,
        (1, 2, True, 2),
        True,
        told,
        [],
    )


def test_a_cache_of_cachetools_is_the_same_object_for_whoever_has_it(name: str, telemetry: Seeing) -> None:
    own: cachetools.LRUCache[Any, int] = cachetools.LRUCache(maxsize=4)

    @cachetools.cached(own)
    def square(number: int) -> int:
        return number * number

    same = tachograph.cache(name)(own)
    answers = [square(number) for number in (2, 2, 3)]
    own.clear()
    assert (same is own, answers, counted(telemetry, name)) == (
        True,
        [4, 4, 9],
        requests(1, 2, entries=0, room=4),
    )


def test_a_function_of_cachetools(name: str, telemetry: Seeing) -> None:
    @tachograph.cache(name)
    @cachetools.cached(cachetools.LRUCache(maxsize=4))
    def square(number: int) -> int:
        return number * number

    assert ([square(number) for number in (2, 2, 3)], counted(telemetry, name)) == (
        [4, 4, 9],
        requests(1, 2, entries=2, room=4),
    )


def test_what_was_too_old_is_told_from_what_was_never_there(name: str, telemetry: Seeing) -> None:
    clock = Timed()
    own: cachetools.TTLCache[str, int] = cachetools.TTLCache(maxsize=4, ttl=10, timer=clock)
    cached = tachograph.cache(name)(own)
    cached["a"] = 1
    cached.get("b")
    clock.now = 20.0
    cached.get("a")
    cached.expire()
    assert counted(telemetry, name) == {
        ("cache.requests", "L1", "miss"): 1,
        ("cache.requests", "L1", "miss", "expired"): 1,
        ("cache.evictions", "L1", "expired"): 1,
        ("cache.entries", "L1"): 0,
        ("cache.max_entries", "L1"): 4,
    }


class Making(cachetools.LRUCache[Any, Any]):
    """A cache that makes what is not there, when it is asked for by index."""

    def __missing__(self, key: Any) -> Any:
        self[key] = value = key * 2
        return value


def test_a_class_that_makes_what_is_missing_makes_it_still(name: str, telemetry: Seeing) -> None:
    cached = tachograph.cache(name)(Making(maxsize=4))
    assert (cached.get(1), cached[1], cached.get(1), len(cached)) == (None, 2, 2, 1)
    assert counted(telemetry, name, "cache.requests") == requests(1, 2)


def test_a_dict_that_makes_what_is_missing_makes_it_still(name: str, telemetry: Seeing) -> None:
    cached: Any = tachograph.cache(name)(defaultdict(list, a=[1]))
    cached["a"].append(2)
    cached["b"].append(3)
    assert (dict(cached), counted(telemetry, name, "cache.requests")) == ({"a": [1, 2], "b": [3]}, requests(1, 1))


def test_a_cache_of_ones_own_in_an_ordered_dict(name: str, telemetry: Seeing) -> None:
    cached: Any = tachograph.cache(name)(OrderedDict())
    for key in "abac":
        if key in cached:
            cached.move_to_end(key)
            continue
        cached[key] = key
        if len(cached) > 2:
            cached.popitem(last=False)
    found = cached["a"], cached.pop("a"), cached.pop("nothing", None), list(cached)
    assert (found, counted(telemetry, name)) == (("a", "a", None, ["c"]), requests(1, 0, entries=1, evicted=1))


class Bounded(UserDict[str, int]):
    """A mapping that makes room itself, and has a `get` of its own."""

    def __setitem__(self, key: str, value: int) -> None:
        super().__setitem__(key, value)
        if len(self) > 2:
            del self[next(iter(self))]

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default


def test_a_class_of_ones_own_with_a_get_of_its_own(name: str, telemetry: Seeing) -> None:
    cached: Any = tachograph.cache(name)(Bounded())
    for number, key in enumerate("abc"):
        cached[key] = number
    del cached["c"]
    found = cached.get("b"), cached.get("a", 7), cached.get("c"), len(cached)
    cached.popitem()
    cached["d"] = 4
    cached.clear()
    assert (found, counted(telemetry, name)) == ((1, 7, None, 1), requests(1, 2, entries=0, evicted=2))


def test_a_weak_mapping(name: str, telemetry: Seeing) -> None:
    cached: Any = tachograph.cache(name)(WeakValueDictionary())
    cached["a"] = kept = Timed()
    assert (cached.get("a") is kept, cached["a"] is kept, cached.get("b")) == (True, True, None)
    assert counted(telemetry, name) == requests(2, 1, entries=1)


@pytest.mark.parametrize("kind", CACHES)
def test_a_copy_is_as_the_application_made_it_and_is_not_counted(kind: str, name: str, telemetry: Seeing) -> None:
    made = CACHES[kind]()
    cached = tachograph.cache(name)(made)
    cached["a"] = 1
    copies = [copy.copy(cached), copy.deepcopy(cached)]
    copies += [pickle.loads(pickle.dumps(cached, protocol)) for protocol in (2, pickle.HIGHEST_PROTOCOL)]
    assert [(type(each), each["a"], len(each)) for each in copies] == [(type(CACHES[kind]()), 1, 1)] * 4
    assert counted(telemetry, name, "cache.requests") == {}


def test_a_cache_that_is_counted_twice_is_counted_once(name: str, telemetry: Seeing) -> None:
    cached = tachograph.cache(name)(tachograph.cache(name)(cachetools.LRUCache[str, int](maxsize=2)))
    cached["a"] = 1
    assert (cached["a"], counted(telemetry, name)) == (1, requests(1, 0, entries=1, room=2))


def test_caches_of_one_name_are_counted_together_as_long_as_they_live(name: str, telemetry: Seeing) -> None:
    both = [tachograph.cache(name)(cachetools.LRUCache[str, int](maxsize=2)) for _ in range(2)]
    for cached in both:
        cached["a"] = cached.get("a", 1)
    together = counted(telemetry, name)
    del both[0], cached
    gc.collect()
    assert (together, counted(telemetry, name)) == (
        requests(0, 2, entries=2, room=4),
        requests(0, 2, entries=1, room=2),
    )


def test_what_cannot_be_counted_is_said() -> None:
    with pytest.raises(TypeError, match="int is no cache that can be counted"):
        tachograph.cache("numbers")(1)


def test_aiocaches_cache(name: str, telemetry: Seeing) -> None:
    async def application() -> Any:
        cached = tachograph.cache(name)(aiocache.SimpleMemoryCache())
        absent = await cached.get("a", 0)
        await cached.set("a", 1)
        await cached.multi_set([("b", 2), ("c", 3)])
        found = await cached.get("a"), await cached.multi_get(["b", "nothing"])
        return absent, *found, counted(telemetry, name, "cache.entries")

    *answer, kept = asyncio.run(application())
    assert (answer, kept, counted(telemetry, name, "cache.requests", "tachograph.cache.request.duration")) == (
        [0, 1, [2, None]],
        requests(0, 0, entries=3),
        {
            **requests(2, 2),
            ("tachograph.cache.request.duration", "L1", "hit"): 2,
            ("tachograph.cache.request.duration", "L1", "miss"): 2,
        },
    )


def test_a_function_of_aiocache(name: str, telemetry: Seeing) -> None:
    async def made(number: int) -> int:
        return number * number

    square = tachograph.cache(name)(aiocache.cached()(made))

    async def application() -> list[int]:
        return [await square(number) for number in (2, 2, 3)]

    assert (asyncio.run(application()), counted(telemetry, name, "cache.requests")) == ([4, 4, 9], requests(1, 2))


def test_diskcaches_cache_and_none_of_the_sqlite_below_it(name: str, telemetry: Seeing, tmp_path: Path) -> None:
    with diskcache.Cache(str(tmp_path)) as own:
        cached = tachograph.cache(name)(own)
        absent = cached.get("a", 0), cached.get("a", expire_time=True)
        cached.set("a", 1)
        cached["b"] = 2
        with pytest.raises(KeyError):
            cached["c"]
        found = cached.get("a"), cached["b"], "a" in cached
        told = counted(telemetry, name)
    assert (absent, found, told, telemetry.spans) == (
        (0, (None, None)),
        (1, 2, True),
        requests(2, 3, entries=2),
        [],
    )


@pytest.mark.parametrize("kind", [diskcache.Cache, diskcache.FanoutCache])
def test_what_diskcache_lets_go_is_told_by_its_reason(kind: Any, name: str, telemetry: Seeing, tmp_path: Path) -> None:
    settings = {"eviction_policy": "least-recently-stored", "disk_min_file_size": 0, "cull_limit": 1}
    own = kind(str(tmp_path), size_limit=2**16, **settings, **({"shards": 1} if kind is diskcache.FanoutCache else {}))
    with tachograph.cache(name)(own) as cached:
        cached.set("too old", 1, expire=-1)
        for number in range(4):
            cached.set(number, b" " * 2**14)
        made_room = 4 - len(cached)
        cached.reset("cull_limit", 0)
        for number in range(4, 8):
            cached.set(number, b" " * 2**14, expire=None if number % 2 else -1)
        expired, before = cached.expire(), len(cached)
        culled = cached.cull()
        assert (made_room > 0, expired, culled) == (True, 2, before - len(cached))
        told = counted(telemetry, name, "cache.evictions")
    assert told == {
        ("cache.evictions", "L1", "capacity"): made_room + culled,
        ("cache.evictions", "L1", "expired"): 3,
    }
