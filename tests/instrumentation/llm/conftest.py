"""What the tests of model libraries share: a provider that answers what the test scripts."""

from collections.abc import Iterator

import pytest

from tests.fixtures.providers.server import ScriptedProvider, scripted


@pytest.fixture(scope="session")
def provider_server() -> Iterator[ScriptedProvider]:
    """One provider for the whole run."""
    with scripted() as provider:
        yield provider


@pytest.fixture
def provider(provider_server: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> ScriptedProvider:
    """A provider whose script the test writes, and which no proxy or key of the machine comes between."""
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    provider_server.script()
    return provider_server
