"""Faults of our own: whatever of ours raises, the application sees its own result or its own error."""

from collections.abc import Callable
from typing import Any, NoReturn

import openai
import pytest

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing, seeing

from .test_openai import async_create, async_stream, raw_stream, sync_create, sync_raw, sync_stream, unread_stream

HOOKS = [
    "tachograph.libraries.openai.server_at",
    "tachograph.libraries.openai.parameters",
    "tachograph.libraries.openai.recorder",
    "tachograph.libraries.openai._usage",
    "tachograph.libraries.openai.Events.told",
    "tachograph.libraries.openai.Events.read",
    "tachograph.libraries.openai_content.asked",
    "tachograph.libraries.openai_content.recorder",
    "tachograph.llm.outcome._count",
    "tachograph.llm.account.Account.take",
    "tachograph.llm.tokens.Usage.by_type",
    "tachograph.llm.prices.PRICES.tariff",
    "tachograph.llm.attempts._quotas",
    "tachograph.llm.chain.fallback.note",
    "tachograph.llm.chain.fallback._count_chain",
    "tachograph.llm.content.Recorder.written",
    "tachograph.llm.redaction.Redaction.clean",
]
APPLICATIONS: list[tuple[Callable[[ScriptedProvider], Any], Reply, Any]] = [
    (application, reply, result)
    for reply, result, applications in (
        (wire.chat(), "Hello there.", (sync_create, async_create, sync_raw)),
        (
            wire.chat_stream("Hello", " there."),
            ["", "Hello", " there.", ""],
            (sync_stream, async_stream, raw_stream, unread_stream),
        ),
    )
    for application in applications
]


def broken(*_args: Any, **_keywords: Any) -> NoReturn:
    raise ZeroDivisionError("ours")


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Telemetry with all that can be asked for."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    with seeing("lean") as seen:
        yield seen


@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_of_ours_changes_no_result(
    hook: str, provider: ScriptedProvider, telemetry: Seeing, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tachograph.status().failures
    monkeypatch.setattr(hook, broken)
    results = []
    with tachograph.fallback("answer"):
        for application, reply, _ in APPLICATIONS:
            provider.script(reply.with_headers(x_kept="yes", x_ratelimit_remaining_tokens="1"))
            results.append(application(provider))
    monkeypatch.undo()

    assert (results, tachograph.status().failures > before) == ([result for *_, result in APPLICATIONS], True)
    assert len(telemetry.spans) <= len(APPLICATIONS)


@pytest.mark.parametrize("hook", [*HOOKS, "tachograph.llm.attempts._count"])
def test_a_fault_of_ours_changes_no_error(
    hook: str, provider: ScriptedProvider, telemetry: Seeing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, broken)
    provider.script(wire.error(429))
    for application in (sync_create, async_create, sync_stream, raw_stream):
        with pytest.raises(openai.RateLimitError), tachograph.fallback("answer"):
            application(provider)
    monkeypatch.undo()

    assert len(telemetry.spans) <= 4
