"""redis on a real Redis, sync and async, alone and as a cluster: one span a command or pipeline, hits and misses."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
import redis.asyncio.cluster
import redis.cluster
import redis.sentinel
from redis.backoff import NoBackoff
from redis.retry import Retry

import tachograph
from tests.fixtures.process import command, free_port, listens, running
from tests.fixtures.redis import Redis
from tests.fixtures.telemetry import Seeing, Seen, Series

DURATION = "db.client.operation.duration"
WAIT = "tachograph.db.client.wait.duration"


def call(server: Redis, operation: str, *, cluster: bool = False, **more: Any) -> Seen:
    where = {"db.system.name": "redis", "server.address": server.host, "server.port": server.port}
    if not cluster:
        where["db.namespace"] = "0"
    error = more.get("error")
    told = {
        "db.operation.name": operation,
        "db.operation.batch.size": more.get("batch"),
        "error.type": error,
        "db.response.status_code": error,
    }
    return Seen(
        operation, "CLIENT", {**where, **{key: value for key, value in told.items() if value is not None}}, error=error
    )


def durations(telemetry: Seeing, metric: str = DURATION) -> dict[str, int | None]:
    return {point.labels["db.operation.name"]: point.count for point in telemetry.points(metric)}


def own(telemetry: Seeing) -> list[Seen]:
    """Return the application's calls, without what a client asks of its server when it connects."""
    connecting = ("CLUSTER", "COMMAND", "CLIENT", "INFO")
    return [span for span in telemetry.spans if not span.name.startswith(connecting)]


def cached(telemetry: Seeing, name: str = "redis") -> dict[str, float]:
    points: list[Series] = [point for point in telemetry.points("cache.requests") if point.labels["cache.name"] == name]
    return {point.labels["cache.request.result"]: point.sum for point in points if point.sum}


def commands(client: Any) -> Any:
    client.flushall()
    client.set("secret", "1")
    found = client.get("secret"), client.get(b"nowhere"), client.mget("secret", "nowhere"), client.exists("secret", "x")
    client.hset("hash", mapping={"a": "1"})
    fields = client.hget("hash", "a"), client.hget("hash", "b"), client.hmget("hash", "a", "b")
    client.execute_command("getdel", "secret")
    return found, fields


COMMANDS = ["FLUSHALL", "SET", "GET", "GET", "MGET", "EXISTS", "HSET", "HGET", "HGET", "HMGET", "GETDEL"]
ANSWER = ((b"1", None, [b"1", None], 1), (b"1", None, [b"1", None]))


async def async_commands(client: Any) -> Any:
    await client.flushall()
    await client.set("secret", "1")
    found = (
        await client.get("secret"),
        await client.get(b"nowhere"),
        await client.mget("secret", "nowhere"),
        await client.exists("secret", "x"),
    )
    await client.hset("hash", mapping={"a": "1"})
    fields = await client.hget("hash", "a"), await client.hget("hash", "b"), await client.hmget("hash", "a", "b")
    await client.execute_command("GETDEL", "secret")
    return found, fields


def sync(application: Callable[[Any], Any], server: Redis) -> Any:
    with redis.Redis(host=server.host, port=server.port) as client:
        return application(client)


def run_async(application: Callable[[Any], Awaitable[Any]], server: Redis) -> Any:
    async def main() -> Any:
        async with redis.asyncio.Redis(host=server.host, port=server.port) as client:
            return await application(client)

    return asyncio.run(main())


@pytest.mark.parametrize("way", ["sync", "async"])
def test_commands(way: str, redis_server: Redis, telemetry: Seeing) -> None:
    answer = sync(commands, redis_server) if way == "sync" else run_async(async_commands, redis_server)
    spans = own(telemetry)
    counts = {name: COMMANDS.count(name) for name in COMMANDS}
    own_counts = {name: count for name, count in durations(telemetry).items() if name in counts}
    assert (answer, spans, own_counts, cached(telemetry)) == (
        ANSWER,
        [call(redis_server, name) for name in COMMANDS],
        counts,
        {"hit": 6, "miss": 5},
    )


def test_no_key_and_no_value_leaves(redis_server: Redis, telemetry: Seeing) -> None:
    sync(commands, redis_server)
    told = str([(span.name, span.attributes, span.events) for span in telemetry.spans])
    told += str([point.labels for point in telemetry.series])
    assert [word for word in ("secret", "nowhere", "hash") if word in told] == []


def pipelines(client: Any) -> Any:
    client.flushall()
    client.set("a", "1")
    alike = client.pipeline(transaction=False).get("a").get("b").execute()
    mixed = client.pipeline(transaction=False).set("b", "2").get("b").execute()
    atomic = client.pipeline(transaction=True).get("a").get("b").execute()
    one = client.pipeline(transaction=False).get("a").execute()
    none = client.pipeline(transaction=False).execute()
    return alike, mixed, atomic, one, none


async def async_pipelines(client: Any) -> Any:
    await client.flushall()
    await client.set("a", "1")
    alike = await client.pipeline(transaction=False).get("a").get("b").execute()
    mixed = await client.pipeline(transaction=False).set("b", "2").get("b").execute()
    atomic = await client.pipeline(transaction=True).get("a").get("b").execute()
    one = await client.pipeline(transaction=False).get("a").execute()
    none = await client.pipeline(transaction=False).execute()
    return alike, mixed, atomic, one, none


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_pipeline_is_one_span_with_its_size(way: str, redis_server: Redis, telemetry: Seeing) -> None:
    answer = sync(pipelines, redis_server) if way == "sync" else run_async(async_pipelines, redis_server)
    assert (answer, own(telemetry), cached(telemetry)) == (
        ([b"1", None], [True, b"2"], [b"1", b"2"], [b"1"], []),
        [
            call(redis_server, "FLUSHALL"),
            call(redis_server, "SET"),
            call(redis_server, "PIPELINE GET", batch=2),
            call(redis_server, "PIPELINE", batch=2),
            call(redis_server, "MULTI GET", batch=2),
            call(redis_server, "GET"),
        ],
        {"hit": 5, "miss": 1},
    )


def test_a_pipeline_of_thirty_has_a_short_name(redis_server: Redis, telemetry: Seeing) -> None:
    def application(client: Any) -> None:
        pipeline = client.pipeline(transaction=False)
        for number in range(30):
            pipeline.get(f"key {number}")
        pipeline.execute()

    sync(application, redis_server)
    assert own(telemetry) == [call(redis_server, "PIPELINE GET", batch=30)]


def test_a_watched_transaction(redis_server: Redis, telemetry: Seeing) -> None:
    def application(client: Any) -> Any:
        client.set("a", "1")
        with client.pipeline() as pipeline:
            pipeline.watch("a")
            value = int(pipeline.get("a"))
            pipeline.multi()
            return pipeline.set("a", value + 1).execute()

    assert (sync(application, redis_server), [span.name for span in own(telemetry)]) == (
        [True],
        ["SET", "WATCH", "GET", "MULTI SET"],
    )


def test_a_wait_is_no_latency(redis_server: Redis, telemetry: Seeing) -> None:
    def application(client: Any) -> Any:
        client.delete("queue", "stream")
        pushing = threading.Timer(0.05, sync, (lambda other: other.rpush("queue", "x"), redis_server))
        pushing.start()
        popped = client.blpop("queue", timeout=5)
        pushing.join()
        client.xadd("stream", {"a": 1})
        read = client.xread({"stream": "0"}), client.xread({"stream": "$"}, block=10)
        client.execute_command("xread", "block", "10", "streams", "stream", "$")
        return popped, len(read[0]), len(read[1])

    answer = sync(application, redis_server)
    (wait,) = [point for point in telemetry.points(WAIT) if point.labels["db.operation.name"] == "BLPOP"]
    assert (answer, durations(telemetry, WAIT), sorted(durations(telemetry)), wait.sum > 0.04) == (
        ((b"queue", b"x"), 1, 0),
        {"BLPOP": 1, "XREAD": 2},
        ["DEL", "RPUSH", "XADD", "XREAD"],
        True,
    )


def test_subscribing_is_a_command_and_listening_is_none(redis_server: Redis, telemetry: Seeing) -> None:
    def application(client: Any) -> Any:
        with client.pubsub() as subscription:
            subscription.subscribe("news")
            first = subscription.get_message(timeout=5)
            client.publish("news", "secret")
            return first["type"], subscription.get_message(timeout=5)["data"]

    assert (sync(application, redis_server), [span.name for span in own(telemetry)]) == (
        ("subscribe", b"secret"),
        ["SUBSCRIBE", "PUBLISH"],
    )


def failing(client: Any) -> Any:
    client.set("a", "1")
    with pytest.raises(redis.ResponseError):
        client.lpush("a", "x")
    with pytest.raises(redis.ResponseError):
        client.execute_command("NOSUCHCOMMAND")
    with pytest.raises(redis.ResponseError):
        client.execute_command("EXEC")
    with pytest.raises(redis.exceptions.NoScriptError):
        client.evalsha("0" * 40, 0)
    with pytest.raises(redis.ResponseError):
        client.pipeline(transaction=False).get("a").lpush("a", "x").execute()
    return len(client.pipeline(transaction=False).lpush("a", "x").get("a").execute(raise_on_error=False))


def test_errors_bear_their_prefix(redis_server: Redis, telemetry: Seeing) -> None:
    answer = sync(failing, redis_server)
    errors = [(span.name, span.attributes.get("error.type"), span.error) for span in own(telemetry)]
    assert (answer, errors) == (
        2,
        [
            ("SET", None, None),
            ("LPUSH", "WRONGTYPE", "WRONGTYPE"),
            ("NOSUCHCOMMAND", "ERR", "ERR"),
            # Its text is "EXEC without MULTI": no name of an error.
            ("EXEC", "ERR", "ERR"),
            ("EVALSHA", "NOSCRIPT", "NOSCRIPT"),
            ("PIPELINE", "WRONGTYPE", "WRONGTYPE"),
            ("PIPELINE", "WRONGTYPE", "WRONGTYPE"),
        ],
    )


def test_a_server_that_is_away_is_an_error_of_the_class(telemetry: Seeing) -> None:
    client = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.ConnectionError):
        client.get("a")
    assert [(span.name, span.error) for span in telemetry.spans] == [("GET", "ConnectionError")]


def test_a_clients_look_ups_are_counted_under_its_name(redis_server: Redis, telemetry: Seeing) -> None:
    name = f"sessions {telemetry.way}"

    def application(client: Any) -> None:
        client = tachograph.cache(name, level="L2")(client)
        client.delete("a")
        client.get("a")
        client.set("a", "1")
        client.pipeline().get("a").get("a").execute()

    sync(application, redis_server)
    loads = [
        (point.labels["cache.level"], point.count)
        for point in telemetry.points("tachograph.cache.load.duration")
        if point.labels["cache.name"] == name
    ]
    assert (cached(telemetry, name), loads) == ({"hit": 2, "miss": 1}, [("L2", 1)])


def cluster_commands(client: Any) -> Any:
    for key in "abc":
        client.set(key, "1")
    # Each of these is another node's.
    found = [client.get(key) for key in "abc"]
    return found, client.pipeline().get("a").get("b").get("c").get("x").execute()


async def async_cluster_commands(client: Any) -> Any:
    for key in "abc":
        await client.set(key, "1")
    found = [await client.get(key) for key in "abc"]
    return found, await client.pipeline().get("a").get("b").get("c").get("x").execute()


def in_a_cluster(way: str, server: Redis) -> Any:
    if way == "sync":
        client = redis.cluster.RedisCluster(host=server.host, port=server.port)
        try:
            return cluster_commands(client)
        finally:
            client.close()

    async def main() -> Any:
        async with redis.asyncio.cluster.RedisCluster(host=server.host, port=server.port) as client:
            return await async_cluster_commands(client)

    return asyncio.run(main())


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_cluster(way: str, redis_cluster: Redis, telemetry: Seeing) -> None:
    answer = in_a_cluster(way, redis_cluster)
    assert (answer, own(telemetry), cached(telemetry)) == (
        ([b"1"] * 3, [b"1", b"1", b"1", None]),
        [
            *[call(redis_cluster, "SET", cluster=True)] * 3,
            *[call(redis_cluster, "GET", cluster=True)] * 3,
            call(redis_cluster, "PIPELINE GET", cluster=True, batch=4),
        ],
        {"hit": 6, "miss": 1},
    )


def test_a_command_that_another_node_answers_is_one_call(redis_cluster: Redis, telemetry: Seeing) -> None:
    client: Any = redis.cluster.RedisCluster(host=redis_cluster.host, port=redis_cluster.port)
    client.set("moved", "1")
    slots = client.nodes_manager.slots_cache
    slot = client.keyslot("moved")
    # As it is when a slot has moved, and the client does not know it yet.
    slots[slot] = [next(node for node in client.get_primaries() if node.name != slots[slot][0].name)]
    found = client.get("moved")
    client.close()
    names = [span.name for span in own(telemetry)]
    assert (found, names, cached(telemetry)) == (b"1", ["SET", "GET"], {"hit": 1})


def test_a_master_that_a_sentinel_names(redis_server: Redis, tmp_path: Path, telemetry: Seeing) -> None:
    port = free_port()
    settings = tmp_path / "sentinel.conf"
    settings.write_text(f"port {port}\nsentinel monitor main {redis_server.host} {redis_server.port} 1\n")
    argv = [command("redis-server"), str(settings), "--sentinel"]
    with running(argv, log=tmp_path / "log", ready=lambda: listens(port)):
        sentinels: Any = redis.sentinel  # untyped
        sentinel = sentinels.Sentinel([("127.0.0.1", port)])
        master = sentinel.master_for("main")
        master.set("a", "1")
        answer = master.get("a"), master.pipeline().get("a").execute()
        master.close()
        sentinel.sentinels[0].close()
    told = [
        (span.name, span.attributes["server.address"])
        for span in own(telemetry)
        if not span.name.startswith("SENTINEL")
    ]
    assert (answer, told, cached(telemetry)) == (
        (b"1", [b"1"]),
        [("SET", "main"), ("GET", "main"), ("MULTI GET", "main")],
        {"hit": 2},
    )
