"""google.genai: contents, streams and embeddings, whole spans and whole points."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from google import genai
from google.genai import errors

from tests.fixtures.providers import google as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing

from .expected import Expected, Tokens, expected, listed, seen

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

ASKED: Any = {"model": "gemini-2.5-flash", "contents": "Hi"}
STREAMED = {"gen_ai.request.stream": True}
TELLS_THOUGHTS = "thoughts_token_count" in genai.types.GenerateContentResponseUsageMetadata.model_fields
THOUGHTS = 8 if TELLS_THOUGHTS else 0
TOKENS = Tokens(120, 22 + THOUGHTS, cache_read=64, reasoning=THOUGHTS)


def content(provider: ScriptedProvider, **more: Any) -> Expected:
    call = Expected(
        "generate_content",
        "gcp.gemini",
        "gemini-2.5-flash",
        provider.port,
        response_model=wire.MODEL,
        response_id="resp-1" if "response_id" in genai.types.GenerateContentResponse.model_fields else None,
        tokens=TOKENS,
        cost=listed("google", wire.MODEL, TOKENS),
        reasons=("stop",),
    )
    return replace(call, **more)


def with_sync(provider: ScriptedProvider, use: Callable[[genai.Client], Any], **more: Any) -> Any:
    options: Any = {"base_url": provider.url, **more}
    client = genai.Client(api_key="none", http_options=options)
    try:
        return use(client)
    finally:
        if hasattr(client, "close"):
            client.close()


def with_async(provider: ScriptedProvider, use: Callable[[Any], Any]) -> Any:
    async def application() -> Any:
        options: Any = {"base_url": provider.url}
        client = genai.Client(api_key="none", http_options=options)
        try:
            return await use(client.aio)
        finally:
            if hasattr(client.aio, "aclose"):
                await client.aio.aclose()
                client.close()

    return asyncio.run(application())


def sync_generate(provider: ScriptedProvider) -> Any:
    return with_sync(provider, lambda client: client.models.generate_content(**ASKED).text)


def async_generate(provider: ScriptedProvider) -> Any:
    async def use(client: Any) -> Any:
        return (await client.models.generate_content(**ASKED)).text

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_generate, async_generate])
def test_a_content(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.content(surprise={"a": 1}))

    assert (application(provider), *seen(telemetry)) == ("Hello there.", *expected(content(provider)))


def sync_stream(provider: ScriptedProvider) -> Any:
    def use(client: genai.Client) -> Any:
        return [chunk.text or "" for chunk in client.models.generate_content_stream(**ASKED)]

    return with_sync(provider, use)


def async_stream(provider: ScriptedProvider) -> Any:
    async def use(client: Any) -> Any:
        return [chunk.text or "" async for chunk in await client.models.generate_content_stream(**ASKED)]

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_stream, async_stream])
def test_a_stream(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.content_stream("Hello", " there."))
    call = content(provider, chunks=3, parameters=STREAMED)

    assert (application(provider), *seen(telemetry)) == (["Hello", " there.", ""], *expected(call))


def test_a_stream_left_by_break_is_paid_for_as_far_as_it_told(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.content_stream("Hello", hangs=True))

    def use(client: genai.Client) -> None:
        for _ in client.models.generate_content_stream(**ASKED):
            break

    with_sync(provider, use)
    tokens = replace(TOKENS, output=1 + THOUGHTS)
    told: Any = {"tokens": tokens, "cost": listed("google", wire.MODEL, tokens), "reasons": ()}

    assert seen(telemetry) == expected(content(provider, chunks=1, parameters=STREAMED, **told))


@pytest.mark.parametrize("application", [sync_stream, async_stream])
def test_a_broken_stream_is_the_applications_error_and_ours(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.content_stream("Hello", breaks=True))
    with pytest.raises(Exception, match=r"(?i)peer closed|ended prematurely|not completed|incomplete") as raised:
        application(provider)
    tokens = replace(TOKENS, output=1 + THOUGHTS)
    told: Any = {"tokens": tokens, "cost": listed("google", wire.MODEL, tokens), "reasons": (), "useful": False}
    error = type(raised.value).__qualname__

    assert seen(telemetry) == expected(content(provider, chunks=1, parameters=STREAMED, error=error, **told))


@pytest.mark.skipif(not hasattr(genai.types, "HttpRetryOptions"), reason="this SDK does not try again")
def test_a_429_and_then_success_is_one_call_of_two_attempts(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(429, "RESOURCE_EXHAUSTED"), wire.content())
    retries = {"attempts": 2, "initial_delay": 0.001, "max_delay": 0.001, "jitter": 0.001}
    with_sync(provider, lambda client: client.models.generate_content(**ASKED), retry_options=retries)
    told = {"tachograph.gen_ai.attempt.outcome": "rate_limited", "http.response.status_code": 429}
    events = (("tachograph.gen_ai.attempt", told),)

    assert seen(telemetry) == expected(content(provider, attempts={"rate_limited": 1, "success": 1}, events=events))


def weather(city: str) -> str:
    """Return the weather of a city."""
    return f"rain in {city}"


def test_each_call_that_automatic_function_calling_makes_is_counted(
    provider: ScriptedProvider, telemetry: Seeing
) -> None:
    call = {"functionCall": {"name": "weather", "args": {"city": "Bremen"}}}
    provider.script(wire.content(parts=[call]), wire.content("Rain."))
    config: Any = {"tools": [weather]}
    answer = with_sync(provider, lambda client: client.models.generate_content(**ASKED, config=config).text)

    assert (answer, [span.name for span in telemetry.spans]) == ("Rain.", ["generate_content gemini-2.5-flash"] * 2)


def test_structured_output_and_parameters_are_told(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.content('{"city": "Bremen"}'))
    config: Any = {"response_mime_type": "application/json", "temperature": 0.5, "max_output_tokens": 9, "top_k": 3}
    with_sync(provider, lambda client: client.models.generate_content(**ASKED, config=config))
    parameters = {
        "gen_ai.output.type": "json",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.top_k": 3,
    }

    assert seen(telemetry) == expected(content(provider, parameters=parameters))


def test_an_embedding_that_tells_no_usage_is_counted_as_unpriced(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.embeddings())
    with_sync(provider, lambda client: client.models.embed_content(model="text-embedding-004", contents="Hi"))
    call = Expected("embeddings", "gcp.gemini", "text-embedding-004", provider.port, unpriced="usage")

    assert seen(telemetry) == expected(call)


@pytest.mark.parametrize("application", [sync_generate, async_generate, sync_stream, async_stream])
def test_an_error_reaches_the_application_by_the_providers_word(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(429, "RESOURCE_EXHAUSTED"))
    with pytest.raises(errors.ClientError):
        application(provider)
    nothing: Any = {"response_model": None, "response_id": None, "tokens": None, "cost": None, "reasons": ()}
    told = {"tachograph.gen_ai.attempt.outcome": "rate_limited", "http.response.status_code": 429}
    parameters = STREAMED if "stream" in application.__name__ else {}
    attempt: Any = {"attempts": {"rate_limited": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(
        content(provider, error="RESOURCE_EXHAUSTED", parameters=parameters, **nothing, **attempt)
    )


def test_a_timeout_is_told_apart(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply((), hangs=True))
    with pytest.raises(Exception, match="imed out"):
        with_sync(provider, lambda client: client.models.generate_content(**ASKED), timeout=200)

    assert [(span.error, span.events[0][1]["tachograph.gen_ai.attempt.outcome"]) for span in telemetry.spans] == [
        ("timeout", "timeout")
    ]
