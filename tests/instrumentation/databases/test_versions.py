"""The same tests with the oldest supported versions of the clients; the environment has the newest."""

import subprocess
import sys

import pytest

from tests.fixtures.process import CHECKOUT
from tests.fixtures.sdks import in_front, installed

OLDEST = (
    "aiocache==0.12.0",
    "aiosqlite==0.19.0",
    "async-lru==2.0.0",
    "asyncpg==0.30.0",
    "cachetools==5.5.0",
    "diskcache==5.6.0",
    "psycopg-pool==3.2.0",
    "psycopg2-binary==2.9.5",
    "psycopg[binary]==3.1.18",
    "pymemcache==4.0.0",
    "redis==5.0.0",
    "sqlalchemy[asyncio]==2.0.0",
)
TESTS = (
    *(
        f"databases/test_{name}.py"
        for name in ("aiosqlite", "asyncpg", "plans", "pools", "psycopg", "psycopg2", "sqlalchemy", "vectors")
    ),
    *(f"caches/test_{name}.py" for name in ("in_process", "pymemcache", "redis")),
)
# Once one way, which leaves the other to the newest; and SQLAlchemy 2.0 inserts what a session adds at once.
CHOSEN = "not sdk and not orm"


@pytest.mark.timeout(600)
def test_the_oldest_clients_are_measured_as_the_newest_are() -> None:
    """In one process; old clients warn of what has come since."""
    tests = (str(CHECKOUT / "tests" / "instrumentation" / test) for test in TESTS)
    run = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", "-k", CHOSEN, *tests]
    environment = in_front(installed("databases", *OLDEST))
    ended = subprocess.run(run, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:]
    assert " passed" in ended.stdout.splitlines()[-1]
