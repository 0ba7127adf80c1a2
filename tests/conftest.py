"""What every test may use: the real servers, started when first asked for and stopped at the end."""

import pytest

pytest_plugins = (
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.pairs",
    "tests.fixtures.prometheus",
    "tests.fixtures.alertmanager",
    "tests.fixtures.smtp",
    "tests.fixtures.slack",
    "tests.fixtures.telemetry",
    "tests.fixtures.past",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that are allowed the longest: nobody waits for them at the end."""
    allowed: dict[str, float] = {}
    for item in items:
        file, mark = item.nodeid.partition("::")[0], item.get_closest_marker("timeout")
        allowed[file] = max(allowed.get(file, 0.0), mark.args[0] if mark else 0.0)
    items.sort(key=lambda item: -allowed[item.nodeid.partition("::")[0]])
