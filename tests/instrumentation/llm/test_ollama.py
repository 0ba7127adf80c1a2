"""ollama: chat, generate and embed, whole spans and whole points."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import ollama
import pytest

from tests.fixtures.providers import ollama as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing

from .expected import Expected, Tokens, expected, seen

CHAT: Any = {"model": "llama3.2", "messages": [{"role": "user", "content": "Hi"}]}
STREAMED = {"gen_ai.request.stream": True}


def chat(provider: ScriptedProvider, operation: str = "chat", **more: Any) -> Expected:
    call = Expected(
        operation,
        "ollama",
        "llama3.2",
        provider.port,
        response_model=wire.MODEL,
        tokens=Tokens(120, 30),
        unpriced="model",
        reasons=("stop",),
    )
    return replace(call, **more)


def with_sync(provider: ScriptedProvider, use: Callable[[ollama.Client], Any], **more: Any) -> Any:
    client = ollama.Client(host=provider.url, **more)
    try:
        return use(client)
    finally:
        client._client.close()


def with_async(provider: ScriptedProvider, use: Callable[[ollama.AsyncClient], Any]) -> Any:
    async def application() -> Any:
        client = ollama.AsyncClient(host=provider.url)
        try:
            return await use(client)
        finally:
            await client._client.aclose()

    return asyncio.run(application())


def sync_chat(provider: ScriptedProvider) -> Any:
    return with_sync(provider, lambda client: client.chat(**CHAT)["message"]["content"])


def async_chat(provider: ScriptedProvider) -> Any:
    async def use(client: ollama.AsyncClient) -> Any:
        return (await client.chat(**CHAT))["message"]["content"]

    return with_async(provider, use)


def modules_chat(provider: ScriptedProvider) -> Any:
    """Ask as most do: by the module's function, a method that was bound when ollama was imported."""
    bound: Any = ollama.chat
    bound.__self__._client.base_url = provider.url
    return bound(**CHAT)["message"]["content"]


@pytest.mark.parametrize("application", [sync_chat, async_chat, modules_chat])
def test_a_chat(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat(surprise={"a": [1]}).with_headers(connection="close"))

    assert (application(provider), *seen(telemetry)) == ("Hello there.", *expected(chat(provider)))


def sync_stream(provider: ScriptedProvider) -> Any:
    def use(client: ollama.Client) -> Any:
        return [chunk["message"]["content"] for chunk in client.chat(**CHAT, stream=True)]

    return with_sync(provider, use)


def async_stream(provider: ScriptedProvider) -> Any:
    async def use(client: ollama.AsyncClient) -> Any:
        return [chunk["message"]["content"] async for chunk in await client.chat(**CHAT, stream=True)]

    return with_async(provider, use)


@pytest.mark.parametrize("application", [sync_stream, async_stream])
def test_a_stream(application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hello", " there."))
    call = chat(provider, chunks=3, parameters=STREAMED)

    assert (application(provider), *seen(telemetry)) == (["Hello", " there.", ""], *expected(call))


NOTHING: Any = {"tokens": None, "unpriced": None, "reasons": ()}


@pytest.mark.parametrize("application", [sync_stream, async_stream])
def test_a_broken_stream_is_the_applications_error_and_ours(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.chat_stream("Hello", breaks=True))
    with pytest.raises(httpx.RemoteProtocolError):
        application(provider)
    call = chat(provider, chunks=1, parameters=STREAMED, error="RemoteProtocolError", **NOTHING)

    assert seen(telemetry) == expected(call)


def test_a_timeout_is_told_apart(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply((), hangs=True))
    with pytest.raises(httpx.ReadTimeout):
        with_sync(provider, lambda client: client.chat(**CHAT), timeout=0.2)
    told = {"tachograph.gen_ai.attempt.outcome": "timeout", "error.type": "ReadTimeout"}
    attempt: Any = {"attempts": {"timeout": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(chat(provider, response_model=None, error="timeout", **NOTHING, **attempt))


def test_generated_text(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.generate())
    asked: Any = {"model": "llama3.2", "prompt": "Hi", "options": {"temperature": 0.5, "num_predict": 9, "seed": 1}}
    answer = with_sync(provider, lambda client: client.generate(**asked)["response"])
    parameters = {"gen_ai.request.temperature": 0.5, "gen_ai.request.max_tokens": 9, "gen_ai.request.seed": 1}

    assert (answer, *seen(telemetry)) == (
        "Hello there.",
        *expected(chat(provider, "text_completion", parameters=parameters)),
    )


def test_an_embedding(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.embed())
    answer = with_sync(provider, lambda client: client.embed(model="llama3.2", input="Hi")["embeddings"])

    assert (list(map(list, answer)), *seen(telemetry)) == (
        [[0.5, 0.5]],
        *expected(chat(provider, "embeddings", tokens=Tokens(8, 0), reasons=())),
    )


@pytest.mark.parametrize("application", [sync_chat, async_chat, sync_stream, async_stream])
def test_an_error_reaches_the_application(
    application: Callable[..., Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(404, "model not found"))
    with pytest.raises(ollama.ResponseError, match="model not found"):
        application(provider)
    nothing: Any = {"response_model": None, "tokens": None, "unpriced": None, "reasons": ()}
    told = {"tachograph.gen_ai.attempt.outcome": "client_error", "http.response.status_code": 404}
    parameters = STREAMED if "stream" in application.__name__ else {}
    attempt: Any = {"attempts": {"client_error": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(
        chat(provider, error="ResponseError", parameters=parameters, **nothing, **attempt)
    )
