"""One module a library: where it makes a call, and how to read both ends."""

# By the name they are imported by; a module here is named so too, with _ for a dot.
LIBRARIES = (
    "aiohttp",
    "aiosqlite",
    "anthropic",
    "asyncpg",
    "botocore",
    "chromadb",
    "diskcache",
    "faiss",
    "google.genai",
    "httpx",
    "httpx2",
    "litellm",
    "ollama",
    "openai",
    "psycopg",
    "psycopg2",
    "psycopg_pool",
    "pymemcache",
    "redis",
    "requests",
    "sqlalchemy",
    "sqlite3",
)

# Whose requests and tasks are measured, by ..serving.
FRAMEWORKS = ("celery", "django", "flask", "starlette")
