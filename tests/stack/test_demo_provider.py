"""The demo's model provider, asked by the real OpenAI SDK."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Literal, cast

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolMessageParam, ChatCompletionToolParam

from demo.provider import Conduct, Provider, Settings

QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "what is known?"}]
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "search",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}


@pytest.fixture
def conduct() -> Conduct:
    return Conduct(Settings())


@pytest.fixture
def provider(conduct: Conduct) -> Iterator[Provider]:
    with closing(Provider(conduct)) as provider:
        yield provider


@pytest.fixture
def client(provider: Provider) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{provider.address}/v1", api_key="demo") as client:
        yield client


def control(provider: Provider, body: bytes) -> tuple[int, object]:
    request = urllib.request.Request(f"{provider.address}/control", data=body, method="PUT")
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_completion_has_words_and_a_usage_that_adds_up(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)

    assert answer.usage is not None
    assert (
        answer.model,
        answer.choices[0].finish_reason,
        len((answer.choices[0].message.content or "").split()) >= 16,
        answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens,
    ) == ("gpt-4o-mini-2024-07-18", "stop", True, True)


def test_a_stream_says_the_words_one_by_one_and_ends_with_the_usage(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=QUESTION,
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    *spoken, usage = chunks
    assert (spoken[-1].choices[0].finish_reason, usage.choices, usage.usage is not None) == ("stop", [], True)
    assert all(len((chunk.choices[0].delta.content or "").split()) <= 1 for chunk in spoken)


def test_an_offered_tool_is_called_once_and_its_result_is_answered(client: openai.OpenAI) -> None:
    asked = client.chat.completions.create(model="gpt-4o", messages=QUESTION, tools=[TOOL])
    call = (asked.choices[0].message.tool_calls or [])[0]
    result: ChatCompletionToolMessageParam = {"role": "tool", "tool_call_id": call.id, "content": "nothing"}
    said = cast("ChatCompletionMessageParam", asked.choices[0].message.to_dict())
    answered = client.chat.completions.create(model="gpt-4o", messages=[*QUESTION, said, result], tools=[TOOL])

    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments), answered.choices[0].finish_reason) == (
        "search",
        {"query": "what is known?"},
        "stop",
    )


@pytest.mark.parametrize("encoding", ["float", openai.omit], ids=["floats", "as-the-sdk-asks"])
def test_texts_that_share_words_have_vectors_that_are_near(
    client: openai.OpenAI, encoding: Literal["float"] | openai.Omit
) -> None:
    inputs = ["the release next month", "the release next week", "hiring"]
    answer = client.embeddings.create(
        model="text-embedding-3-small",
        input=inputs,
        dimensions=64,
        encoding_format=encoding,
    )
    one, near, far = (each.embedding for each in answer.data)
    assert len(one) == 64
    assert sum(map(float.__mul__, one, near)) > sum(map(float.__mul__, one, far))


def test_the_asked_for_share_of_calls_fails_and_no_retry_cures_them(client: openai.OpenAI, conduct: Conduct) -> None:
    conduct.change({"llm_errors": 0.25})
    failures = []
    for _ in range(16):
        try:
            client.embeddings.create(model="text-embedding-3-small", input="x")
        except (openai.RateLimitError, openai.InternalServerError) as failure:
            failures.append(failure.status_code)

    assert (len(failures), set(failures) <= {429, 500}) == (4, True)


def test_an_unknown_path_is_refused_as_the_real_one_does(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        client.images.generate(prompt="x")


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"]


def test_the_control_changes_the_conduct_and_says_what_is_in_force(provider: Provider, conduct: Conduct) -> None:
    assert control(provider, b'{"slow_seconds": 6}') == (200, {"slow_seconds": 6.0, "llm_errors": 0.0})
    assert control(provider, b'{"llm_errors": 0.5}') == (200, {"slow_seconds": 6.0, "llm_errors": 0.5})
    assert conduct.settings == Settings(slow_seconds=6, llm_errors=0.5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}x", 'send a JSON object, such as {"slow_seconds": 6}'),
        (b'{"slow": 1}', "unknown setting 'slow': there are slow_seconds and llm_errors"),
        (b'{"slow_seconds": -1}', "slow_seconds must be a number from 0 up, not -1"),
        (b'{"slow_seconds": NaN}', "slow_seconds must be a number from 0 up, not nan"),
        (b'{"llm_errors": 2}', "llm_errors is a ratio from 0 to 1, not 2.0"),
    ],
)
def test_the_control_refuses_what_it_cannot_do(provider: Provider, conduct: Conduct, body: bytes, said: str) -> None:
    assert control(provider, body) == (400, {"error": said})
    assert conduct.settings == Settings()
