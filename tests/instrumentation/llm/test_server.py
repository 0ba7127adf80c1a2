"""Providers: told by host, by what people call their own servers, or by the user; anybody is not taken for OpenAI."""

import json
from dataclasses import replace
from typing import Any

import httpx
import openai
import pytest

from tachograph.llm.server import server_at
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing, seeing

ANYBODY = "openai_compatible"


@pytest.mark.parametrize(
    ("url", "provider", "address", "port"),
    [
        ("https://api.openai.com/v1/", "openai", "api.openai.com", 443),
        ("https://eu.api.openai.com/v1/", "openai", "eu.api.openai.com", 443),
        ("https://ours.openai.azure.com/openai/", "azure.ai.openai", "ours.openai.azure.com", 443),
        ("https://ours.services.ai.azure.com/models", "azure.ai.inference", "ours.services.ai.azure.com", 443),
        ("https://api.groq.com/openai/v1", "groq", "api.groq.com", 443),
        ("https://api.deepseek.com", "deepseek", "api.deepseek.com", 443),
        ("https://api.mistral.ai/v1", "mistral_ai", "api.mistral.ai", 443),
        ("https://api.x.ai/v1", "x_ai", "api.x.ai", 443),
        ("https://openrouter.ai/api/v1", "openrouter", "openrouter.ai", 443),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "gcp.gemini",
            "generativelanguage.googleapis.com",
            443,
        ),
        (
            "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1",
            "aws.bedrock",
            "bedrock-runtime.eu-central-1.amazonaws.com",
            443,
        ),
        ("http://localhost:11434/v1", "ollama", "localhost", 11434),
        ("http://ollama:8080/v1", "ollama", "ollama", 8080),
        ("http://vllm.internal:8000/v1", "vllm", "vllm.internal", 8000),
        ("http://litellm:4000", "litellm", "litellm", 4000),
        ("http://127.0.0.1:8000/v1", ANYBODY, "127.0.0.1", 8000),
        ("http://[::1]:8000/v1", ANYBODY, "::1", 8000),
        ("https://notapi.openai.com.example/v1", ANYBODY, "notapi.openai.com.example", 443),
        ("gateway.example/v1", ANYBODY, "gateway.example", 443),
    ],
)
@pytest.mark.parametrize("kind", [str, httpx.URL])
def test_a_provider_is_told_by_its_host(
    kind: type[str] | type[httpx.URL], url: str, provider: str, address: str, port: int
) -> None:
    server = server_at(kind(url), ANYBODY)

    assert (server.provider, server.address, server.port) == (provider, address, port)


def test_the_user_names_a_provider_by_host_or_port(monkeypatch: pytest.MonkeyPatch) -> None:
    named = "gateway.example=openai, 127.0.0.1:8000=vllm,api.openai.com=our_proxy"
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", named)
    urls = ("https://gateway.example/v1", "http://127.0.0.1:8000", "http://127.0.0.1:8001", "https://api.openai.com")
    with seeing("lean"):
        found = [server_at(url, ANYBODY).provider for url in urls]

    assert (found, server_at(urls[0], ANYBODY).provider) == (["openai", "vllm", ANYBODY, "our_proxy"], ANYBODY)


def with_more(reply: Reply, answer: dict[str, Any], choice: dict[str, Any]) -> Reply:
    """Return a completion with fields that OpenAI's have not; a stream has those of choices where one ends."""
    if isinstance(reply.body, bytes):
        body = json.loads(reply.body) | answer
        body["choices"][0] |= choice
        return replace(reply, body=json.dumps(body).encode())
    more = "".join(f', "{key}": {json.dumps(value)}' for key, value in choice.items()).encode()
    return replace(reply, body=tuple(piece.replace(b': "stop"', b': "stop"' + more) for piece in reply.body))


SIGNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "vllm": ({"prompt_logprobs": None, "kv_transfer_params": None}, {"stop_reason": None}),
    "sglang": ({"metadata": {"weight_version": "default"}}, {"matched_stop": None}),
    "ollama": ({"system_fingerprint": "fp_ollama"}, {}),
    "llamacpp": ({"timings": {"predicted_n": 30}}, {}),
    ANYBODY: ({"surprise": 1}, {}),
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("name", SIGNS)
def test_a_server_that_its_host_does_not_tell_is_told_by_what_it_adds(
    name: str, streamed: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    answer, choice = SIGNS[name]
    provider.script(with_more(wire.chat_stream("Hello") if streamed else wire.chat(), answer, choice))
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none") as client:
        for model in ("ours", "ours", "another"):
            said: Any = client.chat.completions.create(model=model, messages=[], stream=streamed)
            if streamed:
                list(said)
    spans = [(span.name, span.attributes["gen_ai.provider.name"]) for span in telemetry.spans]
    durations = telemetry.points("gen_ai.client.operation.duration")
    points = {(point.labels["gen_ai.provider.name"], point.labels["gen_ai.request.model"]) for point in durations}
    known = name if choice or not streamed else ANYBODY

    assert (spans, points) == (
        [("chat ours", known), ("chat ours", known), ("chat another", known)],
        {(known, "ours"), (known, "another")},
    )


def test_failures_before_a_server_was_known_stand_in_no_row_for_good(
    provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(500), with_more(wire.chat(), *SIGNS["vllm"]))
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model="ours", messages=[])
        client.chat.completions.create(model="ours", messages=[])
    rows = {
        point.labels["gen_ai.provider.name"]: point.sum for point in telemetry.points("tachograph.consecutive_failures")
    }

    assert rows == {ANYBODY: 0, "vllm": 0}


def test_the_shapes_of_a_server_are_kept_and_bounded() -> None:
    server = server_at("https://api.openai.com", ANYBODY)
    first = server.shape("chat", "gpt-4o")
    for number in range(5000):
        server.shape("chat", f"made-up-{number}")

    assert (first is not None, len(server._shapes) <= 1000) == (True, True)
