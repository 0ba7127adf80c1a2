"""One module a library: where it makes a call, and how to read both ends."""

LIBRARIES = ("asyncpg", "openai", "redis", "sqlite3")
