"""A small application that does what rules watch for and the demo does not: a slow and a repeated statement, a pool
that is used up, a database that is down, a model without a price."""

import asyncio
import sys

import asyncpg
import openai

import tachograph

DSN, PROVIDER = sys.argv[1:]


async def main() -> None:
    tachograph.setup(service_name="busy")
    tachograph.instrument()
    pool = await asyncpg.create_pool(DSN, min_size=1, max_size=1)
    async with openai.AsyncOpenAI(base_url=PROVIDER, api_key="none", max_retries=0) as client:
        while True:
            await _work(pool, client)
            sys.stdout.write("round\n")
            sys.stdout.flush()


async def _work(pool: asyncpg.Pool, client: openai.AsyncOpenAI) -> None:
    async with tachograph.operation("checkout"):
        async with pool.acquire() as connection:
            await connection.fetch("SELECT pg_sleep(1.1), oid FROM pg_class LIMIT 1")
            for oid in range(30):
                await connection.fetch("SELECT relname FROM pg_class WHERE oid = $1", oid)
            await _failing(connection.fetch("SELECT nothing FROM nowhere"))
            await _failing(pool.acquire(timeout=0.1))
        await _failing(
            client.chat.completions.create(model="nobody-sells-this", messages=[{"role": "user", "content": "hello"}])
        )


async def _failing(call: object) -> None:
    try:
        await call  # type: ignore[misc] # anything that can be awaited
    except Exception as error:  # noqa: BLE001 - that it fails is what is wanted
        sys.stdout.write(f"{type(error).__name__}\n")


asyncio.run(main())
