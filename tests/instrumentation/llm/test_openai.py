"""openai: every way to call it, whole spans and whole points, against a server that speaks its wire format."""

import asyncio
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openai
import pydantic
import pytest

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing, seeing

from .expected import Expected, Tokens, expected, listed, seen

QUESTION: Any = [{"role": "user", "content": "Hi"}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": QUESTION}
TOKENS = Tokens(120, 30, cache_read=64, reasoning=8)
COST = listed("openai", wire.MODEL, TOKENS)
RETRIED = (
    "tachograph.gen_ai.attempt",
    {"tachograph.gen_ai.attempt.outcome": "rate_limited", "http.response.status_code": 429},
)
HAS_RESPONSES = importlib.util.find_spec("openai.resources.responses") is not None


@pytest.fixture(autouse=True)
def _provider_is_openai(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")


def chat(provider: ScriptedProvider, **more: Any) -> Expected:
    call = Expected(
        "chat",
        "openai",
        "gpt-4o-mini",
        provider.port,
        response_model=wire.MODEL,
        response_id="chatcmpl-1",
        tokens=TOKENS,
        cost=COST,
        reasons=("stop",),
    )
    return replace(call, **more)


STREAMED = {"gen_ai.request.stream": True}


def with_sync(provider: ScriptedProvider, use: Callable[[openai.OpenAI], Any], **more: Any) -> Any:
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", **{"max_retries": 0, **more}) as client:
        return use(client)


def with_async(provider: ScriptedProvider, use: Callable[[openai.AsyncOpenAI], Any], **more: Any) -> Any:
    async def application() -> Any:
        options = {"max_retries": 0, **more}
        async with openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="none", **options) as client:
            return await use(client)

    return asyncio.run(application())


class Answer(pydantic.BaseModel):
    """A structured answer."""

    city: str


def sync_create(provider: ScriptedProvider) -> Any:
    return with_sync(provider, lambda client: client.chat.completions.create(**CHAT).choices[0].message.content)


def async_create(provider: ScriptedProvider) -> Any:
    async def use(client: openai.AsyncOpenAI) -> Any:
        return (await client.chat.completions.create(**CHAT)).choices[0].message.content

    return with_async(provider, use)


def sync_raw(provider: ScriptedProvider) -> Any:
    def use(client: openai.OpenAI) -> Any:
        raw = client.chat.completions.with_raw_response.create(**CHAT)
        return (raw.parse().choices[0].message.content, raw.headers["x-kept"])[0]

    return with_sync(provider, use)


def async_raw(provider: ScriptedProvider) -> Any:
    async def use(client: openai.AsyncOpenAI) -> Any:
        raw = await client.chat.completions.with_raw_response.create(**CHAT)
        return raw.parse().choices[0].message.content

    return with_async(provider, use)


def sync_unread(provider: ScriptedProvider) -> Any:
    def use(client: openai.OpenAI) -> Any:
        with client.chat.completions.with_streaming_response.create(**CHAT) as raw:
            return raw.parse().choices[0].message.content

    return with_sync(provider, use)


def async_unread(provider: ScriptedProvider) -> Any:
    async def use(client: openai.AsyncOpenAI) -> Any:
        async with client.chat.completions.with_streaming_response.create(**CHAT) as raw:
            return (await raw.parse()).choices[0].message.content

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_create, async_create, sync_raw, async_raw, sync_unread, async_unread])
def test_a_completion(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat().with_headers(x_kept="yes"))

    assert (application(provider), *seen(telemetry)) == ("Hello there.", *expected(chat(provider)))


def test_unknown_fields_and_usage_in_another_shape_change_nothing(
    provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat(unknown=True))
    tokens = Tokens(120, 30, reasoning=8)
    call = chat(provider, tokens=tokens, cost=listed("openai", wire.MODEL, tokens))

    assert (sync_create(provider), *seen(telemetry)) == ("Hello there.", *expected(call))


@pytest.mark.parametrize("count", ['"many"', "-3", "1e300", "NaN", "[1]"])
def test_a_count_that_is_none_is_no_usage_and_spoils_no_metric(
    count: str, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    whole = wire.chat()
    assert isinstance(whole.body, bytes)
    body = whole.body.replace(b'"prompt_tokens": 120', b'"prompt_tokens": ' + count.encode())
    provider.script(replace(whole, body=body))

    assert (sync_create(provider), *seen(telemetry)) == (
        "Hello there.",
        *expected(chat(provider, tokens=None, cost=None, unpriced="usage")),
    )


def test_an_answer_that_is_no_completion_is_a_call_all_the_same(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat())
    failures = tachograph.status().failures

    def use(client: openai.OpenAI) -> Any:
        answer: Any = client.post("/chat/completions", cast_to=object, body=CHAT)
        return answer["id"]

    nothing: Any = {"response_model": None, "response_id": None, "tokens": None, "cost": None, "reasons": ()}

    assert (with_sync(provider, use), tachograph.status().failures - failures, *seen(telemetry)) == (
        "chatcmpl-1",
        0,
        *expected(chat(provider, unpriced="usage", **nothing)),
    )


def sync_stream(provider: ScriptedProvider) -> Any:
    def use(client: openai.OpenAI) -> Any:
        stream = client.chat.completions.create(**CHAT, stream=True)
        return [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]

    return with_sync(provider, use)


def async_stream(provider: ScriptedProvider) -> Any:
    async def use(client: openai.AsyncOpenAI) -> Any:
        stream = await client.chat.completions.create(**CHAT, stream=True)
        return [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]

    return with_async(provider, use)


def raw_stream(provider: ScriptedProvider) -> Any:
    def use(client: openai.OpenAI) -> Any:
        raw = client.chat.completions.with_raw_response.create(**CHAT, stream=True)
        return [chunk.choices[0].delta.content or "" for chunk in raw.parse() if chunk.choices]

    return with_sync(provider, use)


def unread_stream(provider: ScriptedProvider) -> Any:
    async def use(client: openai.AsyncOpenAI) -> Any:
        async with client.chat.completions.with_streaming_response.create(**CHAT, stream=True) as raw:
            return [chunk.choices[0].delta.content or "" async for chunk in await raw.parse() if chunk.choices]

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_stream, async_stream, raw_stream, unread_stream])
def test_a_stream(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hello", " there."))
    call = chat(provider, chunks=5, parameters=STREAMED)

    assert (application(provider), *seen(telemetry)) == (["", "Hello", " there.", ""], *expected(call))


def test_a_stream_without_usage_is_counted_as_unpriced(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hello", usage=False))
    call = chat(provider, chunks=3, parameters=STREAMED, tokens=None, cost=None, unpriced="usage")
    sync_stream(provider)

    assert seen(telemetry) == expected(call)


def left_by_break(client: openai.OpenAI) -> None:
    for chunk in client.chat.completions.create(**CHAT, stream=True):
        if chunk.choices[0].delta.content:
            break


def closed_early(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(**CHAT, stream=True)
    next(stream)
    next(stream)
    stream.close()


def left_by_with(client: openai.OpenAI) -> None:
    with client.chat.completions.create(**CHAT, stream=True) as stream:
        next(stream)
        next(stream)


def test_a_response_that_is_read_as_bytes_is_counted_as_unpriced(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat())

    def use(client: openai.OpenAI) -> Any:
        with client.chat.completions.with_streaming_response.create(**CHAT) as raw:
            return "Hello there." in "".join(raw.iter_text())

    assert (
        with_sync(provider, use),
        [point.sum for point in telemetry.points("tachograph.gen_ai.client.unpriced")],
    ) == (True, [1])


@pytest.mark.parametrize("application", [left_by_break, closed_early, left_by_with])
def test_a_stream_left_early_is_no_error(
    application: Callable[[openai.OpenAI], None], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat_stream("Hello", " there.", hangs=True))
    call = chat(provider, chunks=2, parameters=STREAMED, tokens=None, cost=None, reasons=(), unpriced="usage")
    with_sync(provider, application)

    assert seen(telemetry) == expected(call)


def test_a_broken_stream_is_the_applications_error_and_ours(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hello", breaks=True))
    with pytest.raises(Exception, match=r"Connection error|peer closed") as raised:
        sync_stream(provider)
    error = type(raised.value).__qualname__
    call = chat(provider, chunks=2, parameters=STREAMED, tokens=None, cost=None, reasons=(), error=error)

    assert seen(telemetry) == expected(call)


def test_a_cancelled_stream_ends_its_call(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hello", hangs=True))

    async def use(client: openai.AsyncOpenAI) -> None:
        stream = await client.chat.completions.create(**CHAT, stream=True)
        heard = asyncio.Event()

        async def listen() -> None:
            async for chunk in stream:
                if chunk.choices[0].delta.content:
                    heard.set()

        task = asyncio.create_task(listen())
        await heard.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with_async(provider, use)
    call = chat(provider, chunks=2, parameters=STREAMED, tokens=None, cost=None, reasons=(), error="CancelledError")

    assert seen(telemetry) == expected(call)


def test_a_stream_manager(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hello", " there."))

    def use(client: openai.OpenAI) -> Any:
        completions: Any = getattr(client.chat.completions, "stream", None) or client.beta.chat.completions.stream
        with completions(**CHAT) as stream:
            return stream.get_final_completion().choices[0].message.content

    call = chat(provider, chunks=5, parameters=STREAMED)

    assert (with_sync(provider, use), *seen(telemetry)) == ("Hello there.", *expected(call))


def sync_manager_left(provider: ScriptedProvider, telemetry: Seeing) -> Any:
    def use(client: openai.OpenAI) -> Any:
        completions: Any = getattr(client.chat.completions, "stream", None) or client.beta.chat.completions.stream
        with completions(**CHAT) as stream:
            next(stream)
        return telemetry.spans

    return with_sync(provider, use)


def async_manager_left(provider: ScriptedProvider, telemetry: Seeing) -> Any:
    async def use(client: openai.AsyncOpenAI) -> Any:
        completions: Any = getattr(client.chat.completions, "stream", None) or client.beta.chat.completions.stream
        async with completions(**CHAT) as stream:
            await anext(stream)
        return telemetry.spans

    return with_async(provider, use)


def response_closed(provider: ScriptedProvider, telemetry: Seeing) -> Any:
    def use(client: openai.OpenAI) -> Any:
        stream = client.chat.completions.create(**CHAT, stream=True)
        next(stream)
        stream.response.close()
        return telemetry.spans

    return with_sync(provider, use)


@pytest.mark.parametrize("application", [sync_manager_left, async_manager_left, response_closed])
def test_a_stream_whose_response_is_closed_below_it_has_ended(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat_stream("Hello", " there."))

    assert [(span.name, span.error) for span in application(provider, telemetry)] == [("chat gpt-4o-mini", None)]


def test_a_tool_call(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat("", tool_calls=[wire.CALL]))
    function = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
    tools: Any = [{"type": "function", "function": function}]
    answer = with_sync(provider, lambda client: client.chat.completions.create(**CHAT, tools=tools))

    assert (answer.choices[0].message.tool_calls[0].function.name, *seen(telemetry)) == (
        "weather",
        *expected(chat(provider, reasons=("tool_calls",))),
    )


def test_a_structured_output(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat('{"city": "Bremen"}'))

    def use(client: openai.OpenAI) -> Any:
        parse: Any = getattr(client.chat.completions, "parse", None) or client.beta.chat.completions.parse
        return parse(**CHAT, response_format=Answer).choices[0].message.parsed

    call = chat(provider, parameters={"gen_ai.output.type": "json"})

    assert (with_sync(provider, use), *seen(telemetry)) == (Answer(city="Bremen"), *expected(call))


@pytest.mark.parametrize(
    ("reason", "error"), [("length", "LengthFinishReasonError"), ("content_filter", "ContentFilterFinishReasonError")]
)
def test_a_structured_output_that_the_sdk_refuses_is_paid_for_all_the_same(
    reason: str, error: str, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    whole = wire.chat('{"city": "Bre')
    assert isinstance(whole.body, bytes)
    provider.script(replace(whole, body=whole.body.replace(b'"stop"', f'"{reason}"'.encode())))

    def use(client: openai.OpenAI) -> Any:
        parse: Any = getattr(client.chat.completions, "parse", None) or client.beta.chat.completions.parse
        return parse(**CHAT, response_format=Answer)

    with pytest.raises(openai.OpenAIError) as raised:
        with_sync(provider, use)
    told: Any = {"error": error, "reasons": (reason,), "useful": False}
    if getattr(raised.value, "completion", None) is None:  # older SDKs tell of a length alone
        told |= {"tokens": None, "cost": None, "reasons": (), "response_model": None, "response_id": None}
    call = chat(provider, parameters={"gen_ai.output.type": "json"}, **told)

    assert seen(telemetry) == expected(call)


def test_an_answer_cut_off_is_paid_for_and_not_useful(provider: ScriptedProvider, telemetry: Seeing) -> None:
    cut = wire.chat()
    provider.script(replace(cut, body=cut.body.replace(b'"stop"', b'"length"')))  # type: ignore[union-attr] # is whole
    sync_create(provider)

    assert seen(telemetry) == expected(chat(provider, reasons=("length",), useful=False))


def test_the_parameters_are_told(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat())
    given: Any = {"temperature": 0.5, "top_p": 1, "max_completion_tokens": 9, "seed": 7, "stop": ["x", "y"], "n": 2}
    given |= {"frequency_penalty": 0.25, "presence_penalty": -1, "user": "ada"}
    with_sync(provider, lambda client: client.chat.completions.create(**CHAT, **given))
    parameters = {
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 1,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ["x", "y"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.frequency_penalty": 0.25,
        "gen_ai.request.presence_penalty": -1,
    }

    assert seen(telemetry) == expected(chat(provider, parameters=parameters))


def test_embeddings(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.embeddings(packed=False))
    given: Any = {"model": "text-embedding-3-small", "input": "Hi", "dimensions": 4, "encoding_format": "float"}
    answer = with_sync(provider, lambda client: client.embeddings.create(**given).data[0].embedding)
    call = Expected(
        "embeddings",
        "openai",
        "text-embedding-3-small",
        provider.port,
        response_model="text-embedding-3-small",
        tokens=Tokens(8, 0),
        cost=listed("openai", "text-embedding-3-small", Tokens(8, 0)),
        parameters={"gen_ai.embeddings.dimension.count": 4, "gen_ai.request.encoding_formats": ["float"]},
    )

    assert (answer, *seen(telemetry)) == ([0.5] * 4, *expected(call))


if HAS_RESPONSES:
    RESPONSE: Any = {"model": "gpt-4o-mini", "input": "Hi"}

    def sync_response(provider: ScriptedProvider) -> Any:
        return with_sync(provider, lambda client: client.responses.create(**RESPONSE).output_text)

    def async_response(provider: ScriptedProvider) -> Any:
        async def use(client: openai.AsyncOpenAI) -> Any:
            return (await client.responses.create(**RESPONSE)).output_text

        return with_async(provider, use)

    @pytest.mark.parametrize("application", [sync_response, async_response])
    def test_a_response(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
        provider.script(wire.response())
        call = chat(provider, response_id="resp_1")

        assert (application(provider), *seen(telemetry)) == ("Hello there.", *expected(call))

    @pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
    def test_a_response_of_a_conversation(conversation: Any, provider: ScriptedProvider, telemetry: Seeing) -> None:
        provider.script(wire.response())
        with_sync(provider, lambda client: client.responses.create(**RESPONSE, conversation=conversation))
        call = chat(provider, response_id="resp_1", parameters={"gen_ai.conversation.id": "conv_1"})

        assert seen(telemetry) == expected(call)

    def test_a_streamed_response(provider: ScriptedProvider, telemetry: Seeing) -> None:
        provider.script(wire.response_stream("Hello", " there."))

        def use(client: openai.OpenAI) -> Any:
            stream = client.responses.create(**RESPONSE, stream=True)
            return [event.delta for event in stream if event.type == "response.output_text.delta"]

        call = chat(provider, response_id="resp_1", chunks=6, parameters=STREAMED)

        assert (with_sync(provider, use), *seen(telemetry)) == (["Hello", " there."], *expected(call))

    @pytest.mark.skipif(
        not hasattr(openai.OpenAI(api_key="none").responses, "stream"), reason="this SDK has no manager for it"
    )
    def test_a_manager_of_a_streamed_response(provider: ScriptedProvider, telemetry: Seeing) -> None:
        provider.script(wire.response_stream("Hello", " there."))

        def use(client: openai.OpenAI) -> Any:
            with client.responses.stream(**RESPONSE) as stream:
                return stream.get_final_response().output_text

        call = chat(provider, response_id="resp_1", chunks=6, parameters=STREAMED)

        assert (with_sync(provider, use), *seen(telemetry)) == ("Hello there.", *expected(call))

    def test_a_streamed_response_left_early_has_no_reason_to_have_ended(
        provider: ScriptedProvider, telemetry: Seeing
    ) -> None:
        provider.script(wire.response_stream("Hello", " there."))
        with_sync(provider, lambda client: next(iter(client.responses.create(**RESPONSE, stream=True))))
        told: Any = {"tokens": None, "cost": None, "unpriced": "usage", "reasons": ()}

        assert seen(telemetry) == expected(chat(provider, response_id="resp_1", chunks=1, parameters=STREAMED, **told))

    def test_a_response_that_fails_in_its_stream_is_not_useful(provider: ScriptedProvider, telemetry: Seeing) -> None:
        provider.script(wire.response_stream("Hello", failed=True))
        with_sync(provider, lambda client: list(client.responses.create(**RESPONSE, stream=True)))
        told: Any = {"tokens": None, "cost": None, "unpriced": "usage", "reasons": ("failed",)}
        call = chat(provider, response_id="resp_1", chunks=5, parameters=STREAMED, **told)

        assert seen(telemetry) == expected(call)


def failed(provider: ScriptedProvider, error: str, **more: Any) -> Expected:
    nothing: Any = {"response_model": None, "response_id": None, "tokens": None, "cost": None, "reasons": ()}
    return chat(provider, **nothing, error=error, **more)


@pytest.mark.parametrize("application", [sync_create, async_create, sync_stream, async_stream, sync_raw, async_unread])
def test_an_error_reaches_the_application(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(500))
    with pytest.raises(openai.InternalServerError):
        application(provider)
    told = {"tachograph.gen_ai.attempt.outcome": "server_error", "http.response.status_code": 500}
    streamed = STREAMED if "stream" in application.__name__ else {}
    attempt: Any = {"attempts": {"server_error": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(failed(provider, "InternalServerError", parameters=streamed, **attempt))


@pytest.mark.parametrize("way", [with_sync, with_async])
def test_a_429_and_then_success_is_one_call_of_two_attempts(
    way: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(429, "rate_limit_exceeded", retry_after_ms="1"), wire.chat())
    way(provider, lambda client: client.chat.completions.create(**CHAT), max_retries=2)
    call = chat(provider, attempts={"rate_limited": 1, "success": 1}, events=(RETRIED,))

    assert seen(telemetry) == expected(call)


@pytest.mark.parametrize("way", [with_sync, with_async])
def test_a_timeout_is_told_apart(way: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply((), hangs=True))
    with pytest.raises(openai.APITimeoutError):
        way(provider, lambda client: client.chat.completions.create(**CHAT), timeout=0.2)
    told = {"tachograph.gen_ai.attempt.outcome": "timeout", "error.type": "ReadTimeout"}
    attempt: Any = {"attempts": {"timeout": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(failed(provider, "timeout", **attempt))


def test_the_remaining_quota_is_a_gauge(provider: ScriptedProvider, telemetry: Seeing) -> None:
    told = {"x_ratelimit_remaining_requests": "499", "x_ratelimit_limit_requests": "500"}
    provider.script(wire.chat().with_headers(**told, x_ratelimit_reset_requests="1s"))
    sync_create(provider)
    quota = [(point.metric, point.sum) for point in telemetry.series if "quota" in point.metric]

    assert quota == [("tachograph.gen_ai.client.quota.limit", 500), ("tachograph.gen_ai.client.quota.remaining", 499)]


class OurAzure(openai.AzureOpenAI):
    """A client of the application's own."""


@pytest.mark.parametrize("kind", [openai.AzureOpenAI, OurAzure])
def test_azure_is_told_apart_and_its_deployment_priced_by_what_answers(
    kind: type[openai.AzureOpenAI], provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_VERSION", raising=False)
    monkeypatch.delenv("TACHOGRAPH_LLM_PROVIDERS")
    provider.script(wire.chat())
    with (
        seeing("lean") as telemetry,
        kind(azure_endpoint=provider.url, api_key="none", api_version="2024-10-21") as client,
    ):
        client.chat.completions.create(model="our-deployment", messages=QUESTION)
        span = telemetry.spans[0].attributes

    told = ("gen_ai.provider.name", "gen_ai.request.model")
    assert (provider.asked[0].path, *map(span.get, told), round(span["tachograph.gen_ai.cost.usd"], 12)) == (
        "/openai/deployments/our-deployment/chat/completions?api-version=2024-10-21",
        "azure.ai.openai",
        "our-deployment",
        round(COST, 12),
    )
