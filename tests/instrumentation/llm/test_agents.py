"""Agents and tools by decorator and in `with`: spans and durations by OpenTelemetry's names."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import ScriptedProvider
from tests.fixtures.telemetry import Seeing, Seen, Series, seeing

from .test_openai import sync_create


@tachograph.tool("weather")
def weather(city: str) -> str:
    return f"rain in {city}"


@tachograph.agent("planner", team="travel")
def plan(city: str) -> str:
    return weather(city)


@tachograph.agent("planner", team="travel")
async def plan_async(city: str) -> str:
    with tachograph.tool("weather"):
        return f"rain in {city}"


@tachograph.agent("planner", team="travel")
async def plan_aloud(city: str) -> AsyncIterator[str]:
    yield weather(city)


async def heard(words: AsyncIterator[str]) -> str:
    return "".join([word async for word in words])


WAYS: dict[str, Callable[[], Any]] = {
    "function": lambda: plan("Bremen"),
    "coroutine": lambda: asyncio.run(plan_async("Bremen")),
    "generator": lambda: asyncio.run(heard(plan_aloud("Bremen"))),
}


def agent(**more: Any) -> Seen:
    told = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner", "team": "travel"}
    return Seen("invoke_agent planner", "INTERNAL", {**told, "tachograph.operation.name": "planner"}, **more)


def tool(**more: Any) -> Seen:
    told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"}
    return Seen("execute_tool weather", "INTERNAL", {**told, "tachograph.operation.name": "weather"}, **more)


@pytest.mark.parametrize("way", WAYS)
def test_an_agent_and_its_tool(way: str, telemetry: Seeing) -> None:
    answer = WAYS[way]()
    durations = telemetry.points("gen_ai.invoke_agent.duration", "gen_ai.execute_tool.duration")

    assert (answer, telemetry.spans, durations) == (
        "rain in Bremen",
        [tool(parent="invoke_agent planner"), agent()],
        [
            Series("gen_ai.execute_tool.duration", {"gen_ai.tool.name": "weather"}, 1),
            Series("gen_ai.invoke_agent.duration", {"gen_ai.agent.name": "planner"}, 1),
        ],
    )


def test_calls_of_models_are_inside(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.chat())
    with tachograph.agent("planner"):
        sync_create(provider)

    assert [(span.name, span.parent) for span in telemetry.spans] == [
        ("chat gpt-4o-mini", "invoke_agent planner"),
        ("invoke_agent planner", ""),
    ]


def test_an_error_is_told_by_type_and_goes_on(telemetry: Seeing) -> None:
    with pytest.raises(LookupError), tachograph.tool("weather"):
        raise LookupError("no such city")

    assert (telemetry.spans[0].error, telemetry.points("gen_ai.execute_tool.duration")) == (
        "LookupError",
        [Series("gen_ai.execute_tool.duration", {"gen_ai.tool.name": "weather", "error.type": "LookupError"}, 1)],
    )


class Office:
    """An application's own class with tools."""

    @tachograph.tool("mail", buckets=(1.0, 2.0))
    def send(self, to: str) -> dict[str, str]:
        """Send a letter."""
        return {"sent": to, "key": "sk-proj-abcdefghijklmnop1234"}

    @tachograph.tool("mail", buckets=(1.0, 2.0))
    async def send_async(self, to: str) -> dict[str, str]:
        """Send a letter."""
        return {"sent": to, "key": "sk-proj-abcdefghijklmnop1234"}


@pytest.mark.parametrize("way", ["function", "coroutine"])
@pytest.mark.parametrize("asked", ["true", "false"])
def test_what_a_tool_is_given_and_gives_is_told_only_where_asked_for(
    asked: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", asked)
    office = Office()
    with seeing("lean") as telemetry:
        answer = office.send("a@b.org") if way == "function" else asyncio.run(office.send_async("a@b.org"))
        (span,), (duration,) = telemetry.spans, telemetry.points("gen_ai.execute_tool.duration")
    told = {name: value for name, value in span.attributes.items() if name.startswith("gen_ai.tool.call.")}
    wanted = {
        "gen_ai.tool.call.arguments": '{"to": "[e-mail]"}',
        "gen_ai.tool.call.result": '{"sent": "[e-mail]", "key": "[key]"}',
    }

    assert (answer["sent"], told, duration.buckets) == ("a@b.org", wanted if asked == "true" else {}, (1.0, 2.0))


def test_arguments_that_do_not_fit_are_the_applications_error_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    failures = tachograph.status().failures
    send: Any = Office().send
    with seeing("lean") as telemetry:
        with pytest.raises(TypeError, match="send"):
            send()
        errors = [span.error for span in telemetry.spans]

    assert (errors, tachograph.status().failures - failures) == (["TypeError"], 0)
