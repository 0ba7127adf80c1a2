"""Runs the comparison and writes benchmarks/results/caches.md; `--quick` for a look with few rounds."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.comparison import Comparison, Scenario
from benchmarks.peers import CHECKOUT, Peer
from benchmarks.rounds import on_one_core
from tests.fixtures.process import command, free_port, listens, running
from tests.fixtures.redis import server as redis_server

from . import hits

_CLIENTS = ("redis", "pymemcache")
_OTEL = Peer(
    "OpenTelemetry's instrumentor",
    "opentelemetry",
    tuple(f"opentelemetry-instrumentation-{name}" for name in _CLIENTS),
    _CLIENTS,
    "caches",
)
_DDTRACE = Peer("ddtrace", "ddtrace", ("ddtrace",), _CLIENTS, "caches")
_OURS = Peer("Tachograph", "tachograph", ("--editable", str(CHECKOUT)), _CLIENTS, "caches")
_SCENARIOS = (
    Scenario("redis-get", "redis, GET"),
    Scenario("redis-pipeline", "redis, a pipeline of 30"),
    Scenario("pymemcache", "pymemcache, get"),
)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.caches", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; print and write nothing")
    parser.add_argument("--only", choices=[*(each.name for each in _SCENARIOS), "hits"], help="one table alone")
    given = parser.parse_args()
    on_one_core()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        redis = stack.enter_context(redis_server(folder))
        memcached = stack.enter_context(_memcached(folder))
        comparison = Comparison("caches", _OTEL, (_DDTRACE,), _OURS, (str(redis.port), str(memcached)), given.quick)
        comparison.write(
            "What measuring look-ups in caches costs the application",
            [each for each in _SCENARIOS if given.only in (None, each.name)],
            keep=given.only is None,
            more=hits.table(rounds=11 if given.quick else 101) if given.only in (None, "hits") else (),
        )


@contextmanager
def _memcached(folder: Path) -> Iterator[int]:
    port = free_port()
    argv = [command("memcached"), "-l", "127.0.0.1", "-p", str(port), "-u", "nobody"]
    with running(argv, log=folder / "memcached.log", ready=lambda: listens(port)):
        yield port


if __name__ == "__main__":
    main()
