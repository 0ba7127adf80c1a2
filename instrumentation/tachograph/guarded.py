"""The life of an operation's call as decorators and context managers lead it: nothing here ever raises."""

from . import call as calls
from .model import AttributeValue, Call, Shape
from .telemetry.hub import HUB

# Whose errors quote what must not leave: statements with their literals and parameters, prompts, keys.
_QUOTING = frozenset(
    (
        "aiohttp", "aiosqlite", "anthropic", "asyncpg", "botocore", "chromadb", "django.db", "fastapi", "google",
        "httpx", "httpx2", "litellm", "ollama", "openai", "psycopg", "psycopg2", "pydantic", "pydantic_core",
        "pymemcache", "redis", "requests", "sqlalchemy", "sqlite3",
    )
)  # fmt: skip


def begin(shape: Shape) -> Call | None:
    """Begin an operation; None where it is not measured."""
    try:
        return calls.begin(shape)
    except Exception:  # noqa: BLE001 - nothing of ours may reach the application
        HUB.failed("the beginning of an operation")
        return None


def enter(call: Call | None) -> None:
    """Make an operation current."""
    if call is not None:
        try:
            calls.enter(call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering an operation")


def leave(call: Call | None) -> None:
    """Make an operation current no longer."""
    if call is not None:
        try:
            calls.leave(call)
        except Exception:  # noqa: BLE001
            HUB.failed("leaving an operation")


def end(call: Call | None, error: BaseException | None = None) -> None:
    """End an operation, once."""
    if call is None or call.ended:
        return
    try:
        if error is None or isinstance(error, GeneratorExit):
            calls.finish(call)
        else:
            note(call, error)
            calls.fail(call, error)
    except Exception:  # noqa: BLE001
        HUB.failed("the end of an operation")


def note(call: Call, error: BaseException) -> None:
    """Record an error as an event of its call's span, without what may quote somebody's data."""
    if call.sampled:
        module, name = type(error).__module__, type(error).__qualname__
        kind = name if module == "builtins" else f"{module}.{name}"
        told: dict[str, AttributeValue] = {"exception.type": kind}
        parts = module.split(".")
        if _QUOTING.isdisjoint((parts[0], ".".join(parts[:2]))) and not isinstance(error, KeyError):
            told["exception.message"] = str(error)
        calls.event(call, "exception", told)
