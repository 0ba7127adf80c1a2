"""Attempts: each HTTP request of a call, whichever client it goes through; the application's own are let alone."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import httpx2
import openai
import pytest
import requests

import tachograph
from tachograph import call as calls
from tachograph.llm.server import server_at
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing

from .test_openai import CHAT


def by_httpx(url: str) -> Any:
    with httpx.Client(trust_env=False) as client:
        return client.get(url, timeout=0.3).status_code


def by_httpx2(url: str) -> Any:
    with httpx2.Client(trust_env=False) as client:
        return client.get(url, timeout=0.3).status_code


def by_async_httpx(url: str) -> Any:
    async def application() -> Any:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url, timeout=0.3)).status_code

    return asyncio.run(application())


def by_requests(url: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=0.3).status_code


def by_aiohttp(url: str) -> Any:
    async def application() -> Any:
        timeout = aiohttp.ClientTimeout(total=0.3)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status

    return asyncio.run(application())


CLIENTS = [by_httpx, by_httpx2, by_async_httpx, by_requests, by_aiohttp]


def within_a_call(send: Callable[[str], Any], url: str) -> Any:
    call = calls.begin(server_at(url, "openai").shape("chat", "m"))
    assert call is not None
    calls.enter(call)
    try:
        return send(url)
    finally:
        calls.leave(call)
        calls.finish(call)


def outcomes(telemetry: Seeing) -> dict[str, float]:
    points = telemetry.points("tachograph.gen_ai.client.attempts")
    return {point.labels["tachograph.gen_ai.attempt.outcome"]: point.sum for point in points}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "success"),
        (429, "rate_limited"),
        (503, "overloaded"),
        (529, "overloaded"),
        (408, "timeout"),
        (500, "server_error"),
        (404, "client_error"),
    ],
)
@pytest.mark.parametrize("send", CLIENTS)
def test_an_answer_is_told_by_its_status(
    send: Callable[[str], Any], status: int, outcome: str, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(Reply(b"{}", status))

    assert (within_a_call(send, provider.url), outcomes(telemetry)) == (status, {outcome: 1})


@pytest.mark.parametrize("send", CLIENTS)
def test_a_timeout_and_a_refused_connection_are_told_apart(
    send: Callable[[str], Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(Reply((), hangs=True))
    with pytest.raises(Exception, match=r"(?i)time|^$"):
        within_a_call(send, provider.url)
    with pytest.raises(Exception, match=r"(?i)refused|connect"):
        within_a_call(send, "http://127.0.0.1:9")

    assert outcomes(telemetry) == {"timeout": 1, "connection_error": 1}


@pytest.mark.parametrize("send", CLIENTS)
def test_the_applications_own_requests_are_let_alone(
    send: Callable[[str], Any], provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(Reply(b"{}"))

    assert (send(provider.url), telemetry.spans, outcomes(telemetry)) == (200, [], {})


def test_a_cancelled_attempt_is_told_apart(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply((), hangs=True))

    async def application() -> None:
        async with openai.AsyncOpenAI(base_url=provider.url, api_key="none") as client:
            task = asyncio.create_task(client.chat.completions.create(**CHAT))
            while not provider.asked:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(application())

    assert (outcomes(telemetry), [span.error for span in telemetry.spans]) == ({"cancelled": 1}, ["CancelledError"])


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("x-ratelimit-remaining-tokens", "tokens"),
        ("anthropic-ratelimit-input-tokens-remaining", "input-tokens"),
        ("x-ratelimit-remaining-tokens-minute", "tokens-minute"),
        ("X-RateLimit-Remaining", "requests"),
        ("ratelimit-remaining", "requests"),
        ("x-ratelimit-reset-tokens", None),
        ("x-ratelimit-reset", None),
    ],
)
def test_what_a_rate_limit_leaves_is_told_by_its_header(
    header: str, kind: str | None, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(Reply(b"{}", headers=((header, "7"),)))
    within_a_call(by_httpx, provider.url)
    told = [
        (point.metric, point.labels["tachograph.gen_ai.quota.type"], point.sum)
        for point in telemetry.series
        if "quota" in point.metric
    ]

    assert told == ([("tachograph.gen_ai.client.quota.remaining", kind, 7)] if kind else [])


def test_headers_that_are_no_numbers_change_nothing(provider: ScriptedProvider, telemetry: Seeing) -> None:
    headers = {"x_ratelimit_remaining_tokens": "many", "x_ratelimit_limit_requests": "500", "x_ratelimit_reset": "1s"}
    provider.script(Reply(b"{}").with_headers(**headers))
    failures = tachograph.status().failures
    answer = within_a_call(by_httpx, provider.url)
    quotas = [(point.metric, point.sum) for point in telemetry.series if "quota" in point.metric]

    assert (answer, outcomes(telemetry), quotas, tachograph.status().failures - failures) == (
        200,
        {"success": 1},
        [("tachograph.gen_ai.client.quota.limit", 500)],
        0,
    )
