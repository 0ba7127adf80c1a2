"""litellm: each call counted once whatever it goes through, and its chains; run by test_versions.py."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import litellm
import pytest
from litellm.caching.caching import Cache

import tachograph
from tests.fixtures.providers import anthropic as anthropic_wire
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing, seeing

from .expected import Expected, Tokens, expected, listed, seen

TOKENS = Tokens(120, 30, cache_read=64, reasoning=8)
COST = listed("openai", wire.MODEL, TOKENS)
QUESTION = [{"role": "user", "content": "Hi"}]
STREAMED = {"gen_ai.request.stream": True}


@pytest.fixture(autouse=True)
def _provider_is_openai(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "suppress_debug_info", True)
    monkeypatch.setattr(litellm, "telemetry", False, raising=False)
    litellm.in_memory_llm_clients_cache.flush_cache()  # it keeps clients of event loops that are closed


def asked(provider: ScriptedProvider, model: str = "openai/gpt-4o-mini", **more: Any) -> Any:
    base = provider.url if model.startswith("anthropic/") else f"{provider.url}/v1"
    return {"model": model, "messages": QUESTION, "api_base": base, "api_key": "none", "max_retries": 0, **more}


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


def sync_completion(given: Any) -> Any:
    return litellm.completion(**given).choices[0].message.content


def async_completion(given: Any) -> Any:
    async def application() -> Any:
        return (await litellm.acompletion(**given)).choices[0].message.content

    return asyncio.run(application())


@pytest.mark.parametrize("application", [sync_completion, async_completion])
def test_a_completion_through_openai_is_one_call(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat())

    assert (application(asked(provider)), *seen(telemetry)) == ("Hello there.", *expected(chat(provider)))


def sync_stream(given: Any) -> Any:
    return "".join(chunk.choices[0].delta.content or "" for chunk in litellm.completion(**given, stream=True))


def async_stream(given: Any) -> Any:
    async def application() -> Any:
        chunks = await litellm.acompletion(**given, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    return asyncio.run(application())


@pytest.mark.parametrize("application", [sync_stream, async_stream])
def test_a_stream_through_openai_is_one_call(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat_stream("Hello", " there."))
    answer = application(asked(provider, stream_options={"include_usage": True}))
    spans = [(span.name, span.attributes.get("gen_ai.usage.input_tokens"), span.error) for span in telemetry.spans]

    assert (answer, spans) == ("Hello there.", [("chat gpt-4o-mini", 120, None)])


@pytest.mark.parametrize("application", [sync_completion, async_completion])
def test_a_completion_by_litellms_own_client_is_one_call(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(anthropic_wire.message())
    answer = application(asked(provider, "anthropic/claude-sonnet-4-5-20250929"))
    spans = [(span.name, span.attributes["gen_ai.response.model"], span.error) for span in telemetry.spans]
    model = "claude-sonnet-4-5-20250929"

    assert (answer, spans) == ("Hello there.", [(f"chat {model}", model, None)])


def test_a_provider_is_told_by_its_name_or_address(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TACHOGRAPH_LLM_PROVIDERS")
    replies = {"anthropic/claude-sonnet-4-5-20250929": anthropic_wire.message(), "openai/our-model": wire.chat()}
    found = []
    with seeing("lean") as telemetry:
        for model, reply in replies.items():
            provider.script(reply)
            sync_completion(asked(provider, model))
        found = [span.attributes["gen_ai.provider.name"] for span in telemetry.spans]

    assert found == ["anthropic", "openai_compatible"]


def test_an_embedding(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.embeddings(packed=False))
    base: Any = {"api_base": f"{provider.url}/v1", "api_key": "none"}
    litellm.embedding(model="openai/text-embedding-3-small", input=["Hi"], **base)

    assert [(span.name, span.attributes["gen_ai.usage.input_tokens"]) for span in telemetry.spans] == [
        ("embeddings text-embedding-3-small", 8)
    ]


@pytest.mark.skipif(not version("litellm").startswith("1.70."), reason="later ones need litellm[proxy] for a cache")
@pytest.mark.parametrize("application", [sync_completion, async_completion, sync_stream])
def test_what_litellms_cache_answers_is_paid_for_once(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed = "stream" in application.__name__
    provider.script(wire.chat_stream("Hello", " there.") if streamed else wire.chat())
    monkeypatch.setattr(litellm, "cache", Cache())  # type: ignore[no-untyped-call, unused-ignore]
    usage: Any = {"stream_options": {"include_usage": True}} if streamed else {}
    given = asked(provider, caching=True, **usage)
    application(given)
    paid = telemetry.points("gen_ai.client.token.usage", "tachograph.gen_ai.client.unpriced")
    answers = (application(given), len(provider.asked), len(telemetry.spans))

    assert (answers, telemetry.points("gen_ai.client.token.usage", "tachograph.gen_ai.client.unpriced")) == (
        ("Hello there.", 1, 2),
        paid,
    )


# LiteLLM takes no response for one that lacks any of these.
WHOLE: Any = dict.fromkeys(("max_output_tokens", "previous_response_id", "reasoning", "text", "truncation", "user"))


def whole(reply: Reply) -> Reply:
    more = json.dumps(WHOLE)[1:-1].encode() + b', "status": '
    body = reply.body
    if isinstance(body, bytes):
        return replace(reply, body=body.replace(b'"status": ', more, 1))
    return replace(reply, body=tuple(piece.replace(b'"status": ', more, 1) for piece in body))


def sync_responses(given: Any, *, stream: bool) -> Any:
    answer: Any = litellm.responses(**given, stream=stream)
    return answer.output[0].content[0].text if not stream else [event.type for event in answer][-1]


def async_responses(given: Any, *, stream: bool) -> Any:
    async def application() -> Any:
        answer: Any = await litellm.aresponses(**given, stream=stream)
        return answer.output[0].content[0].text if not stream else [event.type async for event in answer][-1]

    return asyncio.run(application())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("application", [sync_responses, async_responses])
def test_a_response_is_one_call(
    application: Callable[..., Any],
    stream: bool,  # noqa: FBT001 - a parameter
    provider: ScriptedProvider,
    telemetry: Seeing,
) -> None:
    provider.script(whole(wire.response_stream("Hello", " there.") if stream else wire.response()))
    given = {"model": "openai/gpt-4o-mini", "input": "Hi", "api_base": f"{provider.url}/v1", "api_key": "none"}
    answer = application(given, stream=stream)
    told = ("gen_ai.response.finish_reasons", "gen_ai.usage.input_tokens")
    spans = [(span.name, *map(span.attributes.get, told)) for span in telemetry.spans]
    costs = [round(point.sum, 12) for point in telemetry.points("tachograph.gen_ai.client.cost.usd")]

    assert (answer, spans, costs) == (
        "response.completed" if stream else "Hello there.",
        [("chat gpt-4o-mini", ["stop"], 120)],
        [round(COST, 12)],
    )


@pytest.mark.parametrize("application", [sync_completion, async_completion, sync_stream, async_stream])
def test_an_error_reaches_the_application(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(429, "rate_limit_exceeded"))
    with pytest.raises(litellm.RateLimitError):
        application(asked(provider))
    attempts = [
        (point.labels["tachograph.gen_ai.attempt.outcome"], point.sum)
        for point in telemetry.points("tachograph.gen_ai.client.attempts")
    ]

    assert ([(span.name, span.error) for span in telemetry.spans], attempts) == (
        [("chat gpt-4o-mini", "RateLimitError")],
        [("rate_limited", 1)],
    )


def chains(telemetry: Seeing) -> tuple[Any, ...]:
    spans = [(span.name, span.error is None) for span in telemetry.spans]
    ends = [
        (point.labels["tachograph.gen_ai.chain.name"], point.labels["tachograph.gen_ai.chain.outcome"], point.sum)
        for point in telemetry.points("tachograph.gen_ai.client.chains")
    ]
    steps = [
        (point.labels["tachograph.gen_ai.fallback.from.model"], point.labels["gen_ai.request.model"], point.sum)
        for point in telemetry.points("tachograph.gen_ai.client.fallbacks")
    ]
    return spans, ends, steps


FELL_BACK = (
    [("chat gpt-4o", False), ("chat gpt-4o-mini", True)],
    [("gpt-4o", "fallback", 1)],
    [("gpt-4o", "gpt-4o-mini", 1)],
)


@pytest.mark.parametrize("application", [sync_completion, async_completion])
def test_litellms_fallbacks_are_a_chain(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(500), wire.chat())
    answer = application(asked(provider, "openai/gpt-4o", fallbacks=["openai/gpt-4o-mini"]))
    spans, _, steps = FELL_BACK

    assert (answer, chains(telemetry)) == ("Hello there.", (spans, [("openai/gpt-4o", "fallback", 1)], steps))


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_routers_fallbacks_are_a_chain(way: str, provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(500), wire.chat())
    models: Any = [
        {"model_name": name, "litellm_params": asked(provider, f"openai/{name}")} for name in ("gpt-4o", "gpt-4o-mini")
    ]
    for model in models:
        del model["litellm_params"]["messages"]
    router = litellm.Router(model_list=models, fallbacks=[{"gpt-4o": ["gpt-4o-mini"]}], num_retries=0)
    if way == "sync":
        answer: Any = router.completion(model="gpt-4o", messages=QUESTION)  # type: ignore[arg-type, unused-ignore]
    else:
        answer = asyncio.run(router.acompletion(model="gpt-4o", messages=QUESTION))  # type: ignore[arg-type, unused-ignore]

    assert (answer.choices[0].message.content, chains(telemetry)) == ("Hello there.", FELL_BACK)


@pytest.mark.parametrize("application", [sync_completion, async_completion])
def test_a_routers_retries_are_no_fallbacks(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(500), wire.chat())
    given = asked(provider)
    del given["messages"], given["max_retries"]
    model: Any = {"model_name": "gpt-4o-mini", "litellm_params": given}
    router = litellm.Router(model_list=[model], num_retries=1, retry_after=0)
    ask = router.completion if application is sync_completion else router.acompletion
    answer: Any = ask(model="gpt-4o-mini", messages=QUESTION)  # type: ignore[arg-type, unused-ignore]
    answer = asyncio.run(answer) if asyncio.iscoroutine(answer) else answer
    spans, ends, steps = chains(telemetry)

    assert (answer.choices[0].message.content, spans[-1], ends, steps) == (
        "Hello there.",
        ("chat gpt-4o-mini", True),
        [("gpt-4o-mini", "first", 1)],
        [],
    )


def test_the_applications_own_chain_goes_first(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(500), wire.chat())
    with tachograph.fallback("answer"):
        async_completion(asked(provider, "openai/gpt-4o", fallbacks=["openai/gpt-4o-mini"]))
    spans, _, steps = FELL_BACK

    assert chains(telemetry) == (spans, [("answer", "fallback", 1)], steps)
