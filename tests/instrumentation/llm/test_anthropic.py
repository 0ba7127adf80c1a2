"""anthropic: messages, streams, their manager and batches, whole spans and whole points."""

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anthropic
import pydantic
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.fixtures.providers import anthropic as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider, as_json
from tests.fixtures.telemetry import Seeing, seeing

from .expected import Expected, Tokens, expected, listed, seen

pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")

MESSAGE: Any = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
TOKENS = Tokens(120, 30, cache_read=64, cache_write=16)
COST = listed("anthropic", wire.MODEL, TOKENS)
CUT = replace(TOKENS, output=1)
CUT_COST = listed("anthropic", wire.MODEL, CUT)
PARAMETERS = {"gen_ai.request.max_tokens": 10}
STREAMED = {**PARAMETERS, "gen_ai.request.stream": True}


def message(provider: ScriptedProvider, **more: Any) -> Expected:
    call = Expected(
        "chat",
        "anthropic",
        "claude-sonnet-4-5",
        provider.port,
        response_model=wire.MODEL,
        response_id="msg_1",
        tokens=TOKENS,
        cost=COST,
        reasons=("end_turn",),
        parameters=PARAMETERS,
    )
    return replace(call, **more)


def with_sync(provider: ScriptedProvider, use: Callable[[anthropic.Anthropic], Any], **more: Any) -> Any:
    with anthropic.Anthropic(base_url=provider.url, api_key="none", **{"max_retries": 0, **more}) as client:
        return use(client)


def with_async(provider: ScriptedProvider, use: Callable[[anthropic.AsyncAnthropic], Any], **more: Any) -> Any:
    async def application() -> Any:
        options = {"max_retries": 0, **more}
        async with anthropic.AsyncAnthropic(base_url=provider.url, api_key="none", **options) as client:
            return await use(client)

    return asyncio.run(application())


def sync_create(provider: ScriptedProvider) -> Any:
    return with_sync(provider, lambda client: client.messages.create(**MESSAGE).content[0].text)


def async_create(provider: ScriptedProvider) -> Any:
    async def use(client: anthropic.AsyncAnthropic) -> Any:
        return (await client.messages.create(**MESSAGE)).content[0].text

    return with_async(provider, use)


def raw_create(provider: ScriptedProvider) -> Any:
    return with_sync(
        provider, lambda client: client.messages.with_raw_response.create(**MESSAGE).parse().content[0].text
    )


def async_raw_create(provider: ScriptedProvider) -> Any:
    async def use(client: anthropic.AsyncAnthropic) -> Any:
        raw: Any = await client.messages.with_raw_response.create(**MESSAGE)
        parsed = raw.parse()
        return (await parsed if inspect.isawaitable(parsed) else parsed).content[0].text

    return with_async(provider, use)


def async_unread_create(provider: ScriptedProvider) -> Any:
    async def use(client: anthropic.AsyncAnthropic) -> Any:
        async with client.messages.with_streaming_response.create(**MESSAGE) as raw:
            return (await raw.parse()).content[0].text

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_create, async_create, raw_create, async_raw_create, async_unread_create])
def test_a_message(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.message(surprise={"a": [1]}))

    assert (application(provider), *seen(telemetry)) == ("Hello there.", *expected(message(provider)))


def sync_stream(provider: ScriptedProvider) -> Any:
    def use(client: anthropic.Anthropic) -> Any:
        events = client.messages.create(**MESSAGE, stream=True)
        return [event.delta.text for event in events if event.type == "content_block_delta"]

    return with_sync(provider, use)


def async_stream(provider: ScriptedProvider) -> Any:
    async def use(client: anthropic.AsyncAnthropic) -> Any:
        events = await client.messages.create(**MESSAGE, stream=True)
        return [event.delta.text async for event in events if event.type == "content_block_delta"]

    return with_async(provider, use)


def sync_manager(provider: ScriptedProvider) -> Any:
    def use(client: anthropic.Anthropic) -> Any:
        with client.messages.stream(**MESSAGE) as stream:
            return list(stream.text_stream)

    return with_sync(provider, use)


def async_manager(provider: ScriptedProvider) -> Any:
    async def use(client: anthropic.AsyncAnthropic) -> Any:
        async with client.messages.stream(**MESSAGE) as stream:
            return [text async for text in stream.text_stream]

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_stream, async_stream, sync_manager, async_manager])
def test_a_stream(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.message_stream("Hello", " there."))
    call = message(provider, chunks=7, parameters=STREAMED)

    assert (application(provider), *seen(telemetry)) == (["Hello", " there."], *expected(call))


def test_a_stream_left_by_break_is_paid_for_as_far_as_it_told(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.message_stream("Hello", hangs=True))

    def use(client: anthropic.Anthropic) -> None:
        for event in client.messages.create(**MESSAGE, stream=True):
            if event.type == "content_block_delta":
                break

    with_sync(provider, use)
    told: Any = {"tokens": CUT, "cost": CUT_COST, "reasons": ()}

    assert seen(telemetry) == expected(message(provider, chunks=3, parameters=STREAMED, **told))


@pytest.mark.parametrize("application", [sync_stream, async_stream, sync_manager, async_manager])
def test_a_broken_stream_is_the_applications_error_and_ours(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.message_stream("Hello", breaks=True))
    with pytest.raises(Exception, match=r"Connection error|peer closed") as raised:
        application(provider)
    told: Any = {"tokens": CUT, "cost": CUT_COST, "reasons": (), "useful": False}
    error = type(raised.value).__qualname__

    assert seen(telemetry) == expected(message(provider, chunks=3, parameters=STREAMED, error=error, **told))


def test_an_error_in_a_stream_is_the_applications_and_ours(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.message_stream("Hello", error="overloaded_error"))
    with pytest.raises(anthropic.APIStatusError):
        sync_stream(provider)
    told: Any = {"tokens": CUT, "cost": CUT_COST, "reasons": (), "useful": False}

    assert seen(telemetry) == expected(message(provider, chunks=3, parameters=STREAMED, error="APIStatusError", **told))


def test_a_tool_call(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.message(wire.tool_use(), stop_reason="tool_use"))
    tools: Any = [{"name": "weather", "input_schema": {"type": "object"}}]
    answer = with_sync(provider, lambda client: client.messages.create(**MESSAGE, tools=tools).content[0].input)

    assert (answer, *seen(telemetry)) == ({"city": "Bremen"}, *expected(message(provider, reasons=("tool_use",))))


class City(pydantic.BaseModel):
    """A structured answer."""

    city: str


@pytest.mark.skipif(not hasattr(anthropic.resources.Messages, "parse"), reason="this SDK has no structured output")
def test_a_structured_output(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.message({"type": "text", "text": '{"city": "Bremen"}'}))
    answer = with_sync(provider, lambda client: client.messages.parse(**MESSAGE, output_format=City).parsed_output)
    call = message(provider, parameters=PARAMETERS | {"gen_ai.output.type": "json"})

    assert (answer, *seen(telemetry)) == (City(city="Bremen"), *expected(call))


@pytest.mark.parametrize("way", [with_sync, with_async])
def test_a_429_and_then_success_is_one_call_of_two_attempts(
    way: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(529, "overloaded_error", retry_after_ms="1"), wire.message())
    way(provider, lambda client: client.messages.create(**MESSAGE), max_retries=2)
    told = {"tachograph.gen_ai.attempt.outcome": "overloaded", "http.response.status_code": 529}
    events = (("tachograph.gen_ai.attempt", told),)

    assert seen(telemetry) == expected(message(provider, attempts={"overloaded": 1, "success": 1}, events=events))


@pytest.mark.parametrize("way", [with_sync, with_async])
def test_a_timeout_is_told_apart(way: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply((), hangs=True))
    with pytest.raises(anthropic.APITimeoutError):
        way(provider, lambda client: client.messages.create(**MESSAGE), timeout=0.2)
    nothing: Any = {"response_model": None, "response_id": None, "tokens": None, "cost": None, "reasons": ()}
    told = {"tachograph.gen_ai.attempt.outcome": "timeout", "error.type": "ReadTimeout"}
    attempt: Any = {"attempts": {"timeout": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(message(provider, error="timeout", **nothing, **attempt))


def test_the_remaining_quota_is_a_gauge(provider: ScriptedProvider, telemetry: Seeing) -> None:
    told = {"anthropic_ratelimit_input_tokens_remaining": "9000", "anthropic_ratelimit_requests_limit": "50"}
    provider.script(wire.message().with_headers(**told, anthropic_ratelimit_requests_reset="2026-01-01T00:00:00Z"))
    sync_create(provider)
    quota = [
        (point.metric, point.labels["tachograph.gen_ai.quota.type"], point.sum)
        for point in telemetry.series
        if "quota" in point.metric
    ]

    assert quota == [
        ("tachograph.gen_ai.client.quota.limit", "requests", 50),
        ("tachograph.gen_ai.client.quota.remaining", "input-tokens", 9000),
    ]


def test_a_batch_is_paid_for_when_its_results_are_read(provider: ScriptedProvider, telemetry: Seeing) -> None:
    ended = json.loads(wire.batch().body) | {"results_url": f"{provider.url}/v1/messages/batches/msgbatch_1/results"}  # type: ignore[arg-type] # is whole
    answer = json.loads(wire.message().body)  # type: ignore[arg-type] # is whole
    lines = [{"custom_id": "a", "result": {"type": "succeeded", "message": answer}}]
    lines += [{"custom_id": "b", "result": {"type": "expired"}}]
    results = tuple(json.dumps(line).encode() + b"\n" for line in lines)
    provider.script(wire.batch(), as_json(ended), Reply(results, content_type="application/x-jsonl"))
    requests: Any = [{"custom_id": name, "params": MESSAGE} for name in ("a", "b")]

    def use(client: anthropic.Anthropic) -> Any:
        batch = client.messages.batches.create(requests=requests)
        return [answer.result.type for answer in client.messages.batches.results(batch.id)]

    answers = with_sync(provider, use)
    created = Expected(
        "create_batch",
        "anthropic",
        "",
        provider.port,
        response_id="msgbatch_1",
        parameters={"tachograph.gen_ai.batch.size": 2},
    )
    read = Expected("read_batch", "anthropic", "", provider.port, chunks=2)
    spans, points = seen(telemetry)
    priced = [point for point in points if "cost" in point[0]]

    assert (answers, spans, [total for *_, total in priced]) == (
        ["succeeded", "expired"],
        expected(created, read)[0],
        [round(listed("anthropic", wire.MODEL, TOKENS, "batch"), 12)],
    )


def test_the_sdks_own_span_is_not_beside_ours(provider: ScriptedProvider) -> None:
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    options: Any = (
        {"open_telemetry": {"tracer_provider": tracers}} if hasattr(anthropic, "OpenTelemetryOptions") else {}
    )
    provider.script(wire.message())
    with seeing("lean") as telemetry:
        with_sync(provider, lambda client: client.messages.create(**MESSAGE), **options)
        assert (len(telemetry.spans), len(exporter.get_finished_spans())) == (1, 0)
