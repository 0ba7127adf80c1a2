"""Chains of models: each step and each end counted, told on the spans, and nothing changed for the application."""

import asyncio
from typing import Any

import openai
import pytest

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import ScriptedProvider
from tests.fixtures.telemetry import Seeing

from .test_openai import QUESTION

ENDED = "tachograph.gen_ai.client.chains"
STEPS = "tachograph.gen_ai.client.fallbacks"


def ask(provider: ScriptedProvider, *models: str) -> str:
    """Ask one model after the other until one answers."""
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0) as client:
        for model in models:
            try:
                answer: Any = client.chat.completions.create(model=model, messages=QUESTION)
            except openai.APIError:
                continue
            return str(answer.choices[0].message.content)
    raise LookupError("none answered")


async def ask_async(provider: ScriptedProvider, *models: str) -> str:
    async with openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0) as client:
        for model in models:
            try:
                answer: Any = await client.chat.completions.create(model=model, messages=QUESTION)
            except openai.APIError:
                continue
            return str(answer.choices[0].message.content)
    raise LookupError("none answered")


def chain(telemetry: Seeing) -> tuple[Any, Any]:
    """Return (name, end, count) of the chains and (from, to, error, count) of their steps."""
    ends = [
        (point.labels["tachograph.gen_ai.chain.name"], point.labels["tachograph.gen_ai.chain.outcome"], point.sum)
        for point in telemetry.points(ENDED)
    ]
    steps = [
        (
            point.labels["tachograph.gen_ai.fallback.from.model"],
            point.labels["gen_ai.request.model"],
            point.labels["error.type"],
            point.sum,
        )
        for point in telemetry.points(STEPS)
    ]
    return ends, steps


def test_the_first_model_answers(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat())
    with tachograph.fallback("answer"):
        ask(provider, "gpt-4o", "gpt-4o-mini")

    assert chain(telemetry) == ([("answer", "first", 1)], [])


def test_another_model_stands_in(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(500), wire.error(429), wire.chat())
    with tachograph.operation("request"), tachograph.fallback("answer"):
        ask(provider, "gpt-4o", "o3", "gpt-4o-mini")
    steps = [("gpt-4o", "o3", "InternalServerError", 1), ("o3", "gpt-4o-mini", "RateLimitError", 1)]
    told = {
        "tachograph.gen_ai.chain.name": "answer",
        "tachograph.gen_ai.fallback.from.provider": "openai_compatible",
        "tachograph.gen_ai.fallback.from.model": "o3",
        "error.type": "RateLimitError",
    }
    ended = {"tachograph.gen_ai.chain.name": "answer", "tachograph.gen_ai.chain.outcome": "fallback"}
    *_, answered, request = telemetry.spans

    assert (chain(telemetry)[0], sorted(chain(telemetry)[1]), answered.events, request.events) == (
        [("answer", "fallback", 1)],
        sorted(steps),
        (("tachograph.gen_ai.fallback", told),),
        (("tachograph.gen_ai.fallback", ended),),
    )


@pytest.mark.parametrize(
    ("models", "ended", "steps"),
    [
        (("gpt-4o", "gpt-4o"), "first", []),
        (("gpt-4o", "gpt-4o", "o3"), "fallback", [("gpt-4o", "o3", "InternalServerError", 1)]),
    ],
)
def test_the_same_model_asked_again_is_no_fallback(
    models: tuple[str, ...], ended: str, steps: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(*[wire.error(500)] * (len(models) - 1), wire.chat())
    with tachograph.fallback("answer"):
        ask(provider, *models)

    assert chain(telemetry) == ([("answer", ended, 1)], steps)


def test_none_answers_and_the_applications_error_goes_on(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(500))
    with pytest.raises(LookupError, match="none answered"), tachograph.fallback("answer"):
        ask(provider, "gpt-4o", "gpt-4o-mini")

    assert chain(telemetry) == (
        [("answer", "exhausted", 1)],
        [("gpt-4o", "gpt-4o-mini", "InternalServerError", 1)],
    )


def test_a_stream_that_breaks_is_a_failure_too(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat_stream("Hel", breaks=True), wire.chat())
    with tachograph.fallback("answer"), openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none") as client:
        with pytest.raises(Exception, match=r"Connection error|peer closed") as raised:
            list(client.chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True))
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    assert chain(telemetry) == (
        [("answer", "fallback", 1)],
        [("gpt-4o", "gpt-4o-mini", type(raised.value).__qualname__, 1)],
    )


def test_a_stream_that_is_read_after_the_block_has_answered_in_it(
    provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(503), wire.chat_stream("Hel", "lo"))
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0) as client:
        with tachograph.fallback("answer"):
            with pytest.raises(openai.InternalServerError):
                client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, stream=True)
            chunks = client.chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True)
        list(chunks)

    assert (chain(telemetry), [name for name, _ in telemetry.spans[-1].events]) == (
        ([("answer", "fallback", 1)], [("gpt-4o-mini", "gpt-4o", "InternalServerError", 1)]),
        ["tachograph.gen_ai.fallback"],
    )


def test_chains_of_tasks_at_once_are_kept_apart(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.error(500), wire.error(500), wire.chat())

    async def one(name: str, *models: str) -> None:
        async with tachograph.fallback(name):
            await ask_async(provider, *models)

    async def application() -> None:
        await asyncio.gather(one("a", "gpt-4o", "o3", "gpt-4o-mini"), one("b", "gpt-4o", "o3", "gpt-4o-mini"))

    asyncio.run(application())
    ends, steps = chain(telemetry)

    assert (sorted({name for name, *_ in ends}), sum(count for *_, count in steps)) == (["a", "b"], 2)


def test_a_chain_in_which_nothing_was_asked_is_none(telemetry: Seeing) -> None:
    with tachograph.fallback("answer"):
        pass

    assert chain(telemetry) == ([], [])
