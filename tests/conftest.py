"""What every test may use: the real servers, started when first asked for and stopped at the end."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

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
    allowed: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        allowed[item.path] = max(allowed.get(item.path, 0.0), mark.args[0] if mark else 0.0)
    items.sort(key=lambda item: -allowed[item.path])
