"""Servers of caches: a Redis cluster of three nodes, and memcached."""

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from tests.fixtures.process import command, free_port, listens, running, wait_until
from tests.fixtures.redis import Redis
from tests.fixtures.redis import server as redis_process


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Return the first node of a cluster of three, which share the slots."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(_node(tmp_path_factory.mktemp("cluster"))) for _ in range(3)]
        addresses = [f"{node.host}:{node.port}" for node in nodes]
        create = [command("redis-cli"), "--cluster", "create", *addresses, "--cluster-yes"]
        subprocess.run(create, check=True, capture_output=True)
        wait_until(lambda: all(map(_is_ready, nodes)), what="the cluster to be ready")
        yield nodes[0]


def _node(folder: Path) -> AbstractContextManager[Redis]:
    return redis_process(folder, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))


def _is_ready(node: Redis) -> bool:
    with redis.Redis(host=node.host, port=node.port) as client:
        return bool(client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")


@dataclass(frozen=True)
class Memcached:
    """Where a server is."""

    port: int
    host: str = "127.0.0.1"

    @property
    def server(self) -> tuple[str, int]:
        """The server as pymemcache takes it."""
        return self.host, self.port


@pytest.fixture(scope="session")
def memcached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memcached]:
    """One memcached for the whole run."""
    where = Memcached(free_port())
    argv = [command("memcached"), "-l", where.host, "-p", str(where.port), "-u", "nobody"]
    log = tmp_path_factory.mktemp("memcached") / "log"
    with running(argv, log=log, ready=lambda: listens(where.port)):
        yield where
