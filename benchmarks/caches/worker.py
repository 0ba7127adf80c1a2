"""Runs in a process and environment of its own: measures a client's calls, and says what CPU time each took.

Arguments: the instrumentation, the scenario, the OTLP endpoint, "export" or "keep", and the ports
of Redis and memcached.
"""

import sys
from typing import Any

from benchmarks import inside

_KEY, _VALUE = "session:1", "value"


def redis_get(redis_port: str, _memcached_port: str) -> inside.Batch:
    """Look up a key that is there."""
    client = _redis(redis_port)
    return inside.repeated(lambda: client.get(_KEY))


def redis_pipeline(redis_port: str, _memcached_port: str) -> inside.Batch:
    """Look up thirty keys in one pipeline."""
    client = _redis(redis_port)

    def call() -> None:
        pipeline = client.pipeline(transaction=False)
        for _ in range(30):
            pipeline.get(_KEY)
        pipeline.execute()

    return inside.repeated(call)


def pymemcache(_redis_port: str, memcached_port: str) -> inside.Batch:
    """Look up a key that is there."""
    from pymemcache.client.base import Client

    client = Client(("127.0.0.1", int(memcached_port)))
    client.set(_KEY, _VALUE)
    return inside.repeated(lambda: client.get(_KEY))


def _redis(port: str) -> Any:
    import redis

    client = redis.Redis(port=int(port))
    client.set(_KEY, _VALUE)
    return client


def opentelemetry(endpoint: str, *, sends: bool) -> inside.Flush:
    """Turn on OpenTelemetry's own."""
    from opentelemetry.instrumentation.pymemcache import PymemcacheInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor

    return inside.opentelemetry((RedisInstrumentor(), PymemcacheInstrumentor()), endpoint, sends=sends)


_MAKES: Any = {
    "bare": lambda _endpoint, sends: inside.nothing,  # noqa: ARG005 - nothing is sent
    "opentelemetry": opentelemetry,
    "ddtrace": lambda endpoint, sends: inside.ddtrace(("redis", "pymemcache"), endpoint),  # noqa: ARG005
    "tachograph_lean": inside.tachograph_lean,
    "tachograph_providers": inside.tachograph_providers,
}
_SCENARIOS = {"redis-get": redis_get, "redis-pipeline": redis_pipeline, "pymemcache": pymemcache}


def main(make: str, scenario: str, endpoint: str, mode: str, *ports: str) -> None:
    """Serve rounds until the input ends."""
    sends = mode == "export"

    def start() -> tuple[inside.Batch, inside.Flush]:
        flush = _MAKES[make](endpoint, sends=sends)
        return _SCENARIOS[scenario](*ports), flush

    inside.serve(start, sends=sends)


if __name__ == "__main__":
    main(*sys.argv[1:])
