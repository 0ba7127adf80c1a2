"""What calls of models feed beside their own metrics, and that none of it depends on sampling."""

from contextlib import suppress
from typing import Any

import openai
import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import ScriptedProvider
from tests.fixtures.telemetry import Sdk, Seeing, seeing

from .expected import seen
from .test_openai import CHAT, sync_create, sync_stream, with_sync


def calls(provider: ScriptedProvider) -> list[Any]:
    """Make a call that needs two attempts, and a streamed one."""
    provider.script(wire.error(429, "rate_limit_exceeded", retry_after_ms="1"), wire.chat())
    answer = with_sync(
        provider, lambda client: client.chat.completions.create(**CHAT).choices[0].message.content, max_retries=1
    )
    provider.script(wire.chat_stream("Hello", " there."))
    return [answer, sync_stream(provider)]


@pytest.mark.parametrize("way", ["lean", "sdk"])
def test_calls_that_are_not_sampled_feed_every_metric_as_others_do(
    way: str, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")
    with seeing(way) as telemetry:
        calls(provider)
        spans, points = seen(telemetry)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    if way == "lean":
        with seeing(way) as telemetry:
            calls(provider)
            unsampled = seen(telemetry)
    else:
        sdk = Sdk(ALWAYS_OFF)
        tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
        try:
            calls(provider)
            unsampled = seen(Seeing(way, sdk))
        finally:
            tachograph.uninstrument()
            tachograph.shutdown()
            sdk.close()

    assert (len(spans), unsampled) == (2, ([], points))


def test_failures_in_a_row_are_counted_for_a_model_at_a_server(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(500), wire.error(503), wire.chat())
    counts = []
    for _ in range(3):
        with suppress(openai.APIError):
            sync_create(provider)
        counts += [
            (point.labels, point.sum)
            for point in telemetry.points("tachograph.consecutive_failures")
            if point.labels["tachograph.target.kind"] == "llm"
        ]
    target = {
        "tachograph.target.kind": "llm",
        "gen_ai.provider.name": "openai_compatible",
        "gen_ai.request.model": "gpt-4o-mini",
        "server.address": "127.0.0.1",
        "server.port": provider.port,
    }

    assert counts == [(target, 1), (target, 2), (target, 0)]


def test_the_time_of_an_operation_goes_to_the_models_it_waits_for(
    provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat())
    with tachograph.operation("request"):
        sync_create(provider)
    split = {point.labels["tachograph.time.kind"]: point.sum for point in telemetry.points("tachograph.operation.time")}
    (whole,) = telemetry.points("tachograph.operation.duration")
    (call,) = telemetry.points("gen_ai.client.operation.duration")

    assert (sorted(split), sum(split.values()) == pytest.approx(whole.sum, rel=0.01)) == (["llm", "own"], True)
    assert split["llm"] == pytest.approx(call.sum, rel=0.1)
