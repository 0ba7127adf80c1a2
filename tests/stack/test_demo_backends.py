"""The demo with PostgreSQL and Redis, as in the containers' `demo` profile: their calls are on the exporter's page."""

import re
from pathlib import Path

import pytest

from tests.fixtures import service
from tests.fixtures.postgres import Postgres
from tests.fixtures.process import wait_until
from tests.fixtures.redis import Redis

CALLS = re.compile(
    r'^db_client_operation_duration_seconds_count\{.*db_operation_name="(\w+)".*db_system_name="(\w+)"', re.M
)


def test_its_calls_of_postgresql_and_redis_are_measured(
    postgres: Postgres, redis_server: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_POSTGRES_URL", postgres.dsn)
    monkeypatch.setenv("DEMO_REDIS_URL", redis_server.url)
    owed = {("INSERT", "postgresql"), ("SELECT", "postgresql"), ("GET", "redis"), ("SET", "redis")}
    with service.exporter(tmp_path) as exporter, service.demo(tmp_path, exporter.endpoint, "--rate=12"):
        wait_until(lambda: owed <= set(CALLS.findall(exporter.metrics())), what="calls of both", timeout_seconds=40)
