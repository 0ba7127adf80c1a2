"""pymemcache on a real memcached: one span a command, hits and misses, whichever client sends it."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from pymemcache import HashClient, PooledClient
from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheIllegalInputError

import tachograph
from tests.fixtures.telemetry import Seeing, Seen
from tests.instrumentation.caches.conftest import Memcached

CLIENTS: dict[str, Callable[[Memcached], Any]] = {
    "Client": lambda where: Client(where.server),
    "PooledClient": lambda where: PooledClient(where.server, max_pool_size=2),
    "HashClient": lambda where: HashClient([where.server]),
    "HashClient with pools": lambda where: HashClient([where.server], use_pooling=True),
}


def call(where: Memcached, operation: str, **more: Any) -> Seen:
    told = {
        "db.system.name": "memcached",
        "db.operation.name": operation,
        "server.address": where.host,
        "server.port": where.port,
        **more,
    }
    return Seen(operation, "CLIENT", told, error=more.get("error.type"))


def requests(telemetry: Seeing, name: str) -> dict[str, float]:
    return {
        point.labels["cache.request.result"]: point.sum
        for point in telemetry.points("cache.requests")
        if point.labels["cache.name"] == name and point.sum
    }


@pytest.mark.parametrize("kind", CLIENTS)
def test_each_command_is_one_span(kind: str, memcached: Memcached, telemetry: Seeing) -> None:
    name = f"memcached of a {kind} {telemetry.way}"
    client = tachograph.cache(name, level="L2")(CLIENTS[kind](memcached))
    client.delete("secret", noreply=False)
    absent = client.get("secret"), client.get("secret", 0)
    client.set("secret", b"1", noreply=False)
    found = client.get("secret"), client.gets("secret")[0], client.get_many(["secret", "nothing"])
    client.close()
    loads = [
        point.count
        for point in telemetry.points("tachograph.cache.load.duration")
        if point.labels["cache.name"] == name
    ]
    operations = ["delete", "get", "get", "set", "get", "gets", "get_many"]
    durations = {
        point.labels["db.operation.name"]: point.count for point in telemetry.points("db.client.operation.duration")
    }
    assert (absent, found, telemetry.spans, durations, requests(telemetry, name), loads) == (
        (None, 0),
        (b"1", b"1", {"secret": b"1"}),
        [call(memcached, operation) for operation in operations],
        {operation: operations.count(operation) for operation in operations},
        {"hit": 3, "miss": 3},
        [1],
    )


def test_a_batch_has_its_size(memcached: Memcached, telemetry: Seeing) -> None:
    with closing(Client(memcached.server)) as client:
        failed = client.set_many({"a": b"1", "b": b"2"}, noreply=False)
        found = client.get_multi(iter(["a", "b"]))
    assert (failed, found, telemetry.spans) == (
        [],
        {"a": b"1", "b": b"2"},
        [call(memcached, "set_many", **{"db.operation.batch.size": 2}), call(memcached, "get_multi")],
    )


def test_what_asks_the_server_about_itself_is_measured_too(memcached: Memcached, telemetry: Seeing) -> None:
    with closing(Client(memcached.server)) as client:
        client.version()
        client.stats()
        client.raw_command("verbosity 0")
    assert telemetry.spans == [call(memcached, operation) for operation in ("version", "stats", "raw_command")]


def test_an_error_reaches_the_application(memcached: Memcached, telemetry: Seeing) -> None:
    with closing(Client(memcached.server)) as client, pytest.raises(MemcacheIllegalInputError):
        client.get("a key with spaces")
    assert telemetry.spans == [call(memcached, "get", **{"error.type": "MemcacheIllegalInputError"})]
