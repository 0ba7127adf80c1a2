"""The first libraries against real servers: one correct CLIENT span and one point of the duration a call."""

import asyncio
from collections.abc import Callable
from typing import Any

import openai
import pytest

from tests.fixtures.providers.openai import MODEL, chat, chat_stream, error
from tests.fixtures.providers.server import ScriptedProvider, scripted
from tests.fixtures.telemetry import Seeing


def sync_chat(provider: ScriptedProvider) -> str:
    with openai.OpenAI(base_url=provider.url, api_key="none", max_retries=0) as client:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
        return answer.choices[0].message.content or ""


def async_chat(provider: ScriptedProvider) -> str:
    async def application() -> str:
        async with openai.AsyncOpenAI(base_url=provider.url, api_key="none", max_retries=0) as client:
            messages: Any = [{"role": "user", "content": "Hi"}]
            answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
            return answer.choices[0].message.content or ""

    return asyncio.run(application())


def streamed_chat(provider: ScriptedProvider) -> str:
    with openai.OpenAI(base_url=provider.url, api_key="none", max_retries=0) as client:
        stream = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@pytest.mark.parametrize("application", [sync_chat, async_chat, streamed_chat])
def test_openai_chat(application: Callable[[ScriptedProvider], str], telemetry: Seeing) -> None:
    with scripted() as provider:
        provider.script(chat_stream("Hello", " there.") if application is streamed_chat else chat())
        answer = application(provider)
    shape = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "server.address": "127.0.0.1",
        "server.port": provider.port,
    }
    spans = [{key: span.attributes[key] for key in shape} for span in telemetry.spans]
    usage = [
        (point.labels["gen_ai.token.type"], point.labels["gen_ai.response.model"], point.count, point.sum)
        for point in telemetry.points("gen_ai.client.token.usage")
    ]
    assert (answer, spans, usage, [point.count for point in telemetry.points("gen_ai.client.operation.duration")]) == (
        "Hello there.",
        [shape],
        [("input", MODEL, 1, 120), ("output", MODEL, 1, 30)],
        [1],
    )


def test_the_sdks_error_reaches_the_application(telemetry: Seeing) -> None:
    with scripted() as provider:
        provider.script(error(500))
        with pytest.raises(openai.InternalServerError):
            sync_chat(provider)
    assert [(span.name, span.attributes["error.type"]) for span in telemetry.spans] == [
        ("chat gpt-4o-mini", "InternalServerError")
    ]
