"""Runs the comparison and writes benchmarks/results/databases.md; `--quick` for a look with few rounds."""

import argparse

from benchmarks.comparison import Comparison, Scenario
from benchmarks.peers import CHECKOUT, Peer
from benchmarks.rounds import on_one_core
from tests.fixtures.postgres import server

from . import reading, remaining

_DRIVERS = ("asyncpg", "psycopg[binary]")
_OTEL = Peer(
    "OpenTelemetry's instrumentor",
    "opentelemetry",
    tuple(f"opentelemetry-instrumentation-{name}" for name in ("asyncpg", "psycopg", "sqlite3")),
    _DRIVERS,
    "databases",
)
_DDTRACE = Peer("ddtrace", "ddtrace", ("ddtrace",), _DRIVERS, "databases")
_OURS = Peer("Tachograph", "tachograph", ("--editable", f"{CHECKOUT}[asyncpg]"), _DRIVERS, "databases")
_SCENARIOS = (
    Scenario("asyncpg", "asyncpg, SELECT 1 on 8 connections at once"),
    Scenario("psycopg", "psycopg, SELECT 1"),
    Scenario("sqlite3", "sqlite3, SELECT 1"),
)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.databases", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; print and write nothing")
    parser.add_argument(
        "--only", choices=[*(each.name for each in _SCENARIOS), "reading", "remaining"], help="one table alone"
    )
    given = parser.parse_args()
    on_one_core()
    with server() as postgres:
        comparison = Comparison("databases", _OTEL, (_DDTRACE,), _OURS, (postgres.dsn,), quick=given.quick)
        comparison.write(
            "What measuring a statement costs the application",
            [each for each in _SCENARIOS if given.only in (None, each.name)],
            keep=given.only is None,
            more=[
                *(reading.table(rounds=21 if given.quick else 101) if given.only in (None, "reading") else ()),
                *(remaining.table(rounds=7 if given.quick else 41) if given.only in (None, "remaining") else ()),
            ],
        )


if __name__ == "__main__":
    main()
