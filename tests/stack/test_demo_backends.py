"""The demo as in the containers' `demo` profile: with PostgreSQL and Redis, its traces sent to another place."""

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


def test_its_traces_go_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("metrics", "traces"):
        (tmp_path / name).mkdir()
    with service.exporter(tmp_path / "metrics") as metrics, service.exporter(tmp_path / "traces") as traces:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{traces.endpoint}/v1/traces")
        with service.demo(tmp_path, metrics.endpoint, "--rate=6"):
            wait_until(lambda: all(map(_signals, (metrics, traces))), what="telemetry at both", timeout_seconds=40)
            assert (_signals(metrics), _signals(traces)) == ({"metrics"}, {"traces"})


def _signals(exporter: service.Exporter) -> set[str]:
    """Return the signals that an exporter has received."""
    return set(re.findall(r'^tachograph_otlp_requests_total\{.*signal="(\w+)".*\} [1-9]', exporter.metrics(), re.M))
