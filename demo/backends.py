"""PostgreSQL and Redis, where their addresses are given: the requests are logged in one, answers kept in the other."""

import asyncio
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg
    import redis.asyncio

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (id bigserial PRIMARY KEY, user_id int NOT NULL, kind text NOT NULL);
CREATE INDEX IF NOT EXISTS requests_of_user ON requests (user_id, id)
"""
_KEPT_SECONDS = 120


@dataclass(frozen=True)
class Addresses:
    """Where the servers are; what is not given is not used."""

    postgres: str = ""
    redis: str = ""
    postgres_password: str | None = None


def addresses(environment: Mapping[str, str] = os.environ) -> Addresses:
    """Return DEMO_POSTGRES_URL and DEMO_REDIS_URL; PostgreSQL's password may be in DEMO_POSTGRES_PASSWORD_FILE."""
    file = environment.get("DEMO_POSTGRES_PASSWORD_FILE")
    password = Path(file).read_text(encoding="utf-8").strip() if file else None
    return Addresses(environment.get("DEMO_POSTGRES_URL", ""), environment.get("DEMO_REDIS_URL", ""), password)


class Backends:
    """The connections, opened at the first use."""

    def __init__(self, where: Addresses) -> None:
        self._where = where
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._redis: redis.asyncio.Redis | None = None

    async def log(self, user: int, kind: str) -> None:
        """Note a request, and look how many of its kind the user made before."""
        if not self._where.postgres:
            return
        pool = await self._opened()
        await pool.execute("INSERT INTO requests (user_id, kind) VALUES ($1, $2)", user, kind)
        await pool.fetch("SELECT id, kind FROM requests WHERE user_id = $1 ORDER BY id DESC LIMIT 20", user)

    async def kept(self, question: str) -> str | None:
        """Return the answer to a question that was asked a short while ago."""
        found = await self._client().get(_key(question)) if self._where.redis else None
        return found.decode() if isinstance(found, bytes) else found

    async def keep(self, question: str, answer: str) -> None:
        """Keep an answer for a short while."""
        if self._where.redis:
            await self._client().set(_key(question), answer, ex=_KEPT_SECONDS)

    async def close(self) -> None:
        """Close what was opened."""
        if self._pool:
            await self._pool.close()
        if self._redis:
            await self._redis.aclose()

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        import asyncpg  # noqa: PLC0415 - only where PostgreSQL is used

        async with self._opening:
            if self._pool is None:
                pool = await asyncpg.create_pool(
                    self._where.postgres, password=self._where.postgres_password, min_size=1, max_size=4
                )
                await pool.execute(_SCHEMA)
                self._pool = pool
        return self._pool

    def _client(self) -> "redis.asyncio.Redis":
        import redis.asyncio  # noqa: PLC0415 - only where Redis is used

        if self._redis is None:
            self._redis = redis.asyncio.Redis.from_url(self._where.redis)
        return self._redis


def _key(question: str) -> str:
    return f"answer:{hashlib.sha256(question.encode()).hexdigest()[:16]}"
