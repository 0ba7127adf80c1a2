"""Servers of caches: a Redis cluster of one node, and memcached."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis

from tests.fixtures.process import command, free_port, listens, running, wait_until
from tests.fixtures.redis import Redis
from tests.fixtures.redis import server as redis_process


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A cluster of one node that has all slots."""
    folder = tmp_path_factory.mktemp("cluster")
    with redis_process(folder, "--cluster-enabled", "yes", "--cluster-port", str(free_port())) as where:
        with redis.Redis(host=where.host, port=where.port) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            wait_until(
                lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", what="the cluster to be ready"
            )
        yield where


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
