"""botocore: Bedrock's converse and invoke_model, whole and streamed; whole spans and whole points."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from urllib3.exceptions import ProtocolError

from tests.fixtures.providers import bedrock as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing

from .expected import Expected, Tokens, expected, listed, seen

ASKED: Any = {
    "modelId": wire.MODEL,
    "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
    "inferenceConfig": {"maxTokens": 9, "temperature": 0.5},
}
PARAMETERS = {"gen_ai.request.max_tokens": 9, "gen_ai.request.temperature": 0.5}
STREAMED = {"gen_ai.request.stream": True}
HAS_CACHE = "cacheReadInputTokens" in (
    boto3.client("bedrock-runtime", region_name="eu-central-1").meta.service_model.shape_for("TokenUsage").members
)
TOKENS = Tokens(120, 30, cache_read=64, cache_write=16) if HAS_CACHE else Tokens(40, 30)


@pytest.fixture
def client(provider: ScriptedProvider) -> Iterator[Any]:
    config = Config(retries={"total_max_attempts": 2, "mode": "standard"}, read_timeout=5)
    client = make(provider, config)
    yield client
    client.close()


def make(provider: ScriptedProvider, config: Config) -> Any:
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    return boto3.client("bedrock-runtime", region_name="eu-central-1", endpoint_url=provider.url, config=config, **keys)


def cost(tokens: Tokens) -> float:
    return listed("aws", wire.MODEL, tokens)


def converse(provider: ScriptedProvider, operation: str = "chat", **more: Any) -> Expected:
    call = Expected(
        operation,
        "aws.bedrock",
        wire.MODEL,
        provider.port,
        tokens=TOKENS,
        cost=cost(TOKENS),
        reasons=("end_turn",),
        parameters=PARAMETERS,
    )
    return replace(call, **more)


def test_converse(client: Any, provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.converse())
    answer = client.converse(**ASKED)["output"]["message"]["content"][0]["text"]

    assert (answer, *seen(telemetry)) == ("Hello there.", *expected(converse(provider)))


def test_converse_with_a_tool(client: Any, provider: ScriptedProvider, telemetry: Seeing) -> None:
    use = {"toolUse": {"toolUseId": "tool-1", "name": "weather", "input": {"city": "Bremen"}}}
    provider.script(wire.converse(use, stop_reason="tool_use"))
    answer = client.converse(**ASKED)["output"]["message"]["content"]

    assert (answer, *seen(telemetry)) == ([use], *expected(converse(provider, reasons=("tool_use",))))


def test_converse_stream(client: Any, provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.converse_stream("Hello", " there."))
    stream = client.converse_stream(**ASKED)["stream"]
    words = [event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event]
    call = converse(provider, chunks=6, parameters=PARAMETERS | STREAMED)

    assert (words, *seen(telemetry)) == (["Hello", " there."], *expected(call))


def test_a_stream_closed_early_is_no_error(client: Any, provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(wire.converse_stream("Hello", " there."))
    stream = client.converse_stream(**ASKED)["stream"]
    next(iter(stream))
    stream.close()
    told: Any = {"tokens": None, "cost": None, "unpriced": "usage", "reasons": ()}

    assert seen(telemetry) == expected(converse(provider, chunks=1, parameters=PARAMETERS | STREAMED, **told))


def test_an_error_in_a_stream_is_the_applications_and_ours(
    client: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.converse_stream("Hello", exception="throttlingException"))
    with (
        closing(client.converse_stream(**ASKED)["stream"]) as stream,
        pytest.raises(ClientError, match="throttlingException"),
    ):
        list(stream)
    told: Any = {"tokens": None, "cost": None, "reasons": (), "error": "throttlingException"}

    assert seen(telemetry) == expected(converse(provider, chunks=2, parameters=PARAMETERS | STREAMED, **told))


BODIES = {
    "messages": ("chat", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9, "temperature": 0.5}),
    "a prompt": ("text_completion", {"prompt": 'Say "messages"', "max_gen_len": 9, "temperature": 0.5}),
    "a part for parameters": ("text_completion", {"textGenerationConfig": {"maxTokenCount": 9, "temperature": 0.5}}),
}
INVOKED = Tokens(120, 30, cache_read=64, cache_write=16)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kind", [str, str.encode])
def test_invoke_model_leaves_the_body_to_the_application(
    kind: Callable[[str], Any], body: str, client: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    cached = {"x_amzn_bedrock_cache_read_input_token_count": "64", "x_amzn_bedrock_cache_write_input_token_count": "16"}
    provider.script(wire.invoke({"content": "Hello"}, input_tokens=40).with_headers(**cached))
    operation, given = BODIES[body]
    answer = json.loads(client.invoke_model(modelId=wire.MODEL, body=kind(json.dumps(given)))["body"].read())
    told: Any = {"tokens": INVOKED, "cost": cost(INVOKED), "reasons": ()}

    assert (answer, *seen(telemetry)) == ({"content": "Hello"}, *expected(converse(provider, operation, **told)))


def test_invoke_model_with_response_stream(client: Any, provider: ScriptedProvider, telemetry: Seeing) -> None:
    counts = {"inputTokenCount": 40, "outputTokenCount": 30}
    metrics = {
        "amazon-bedrock-invocationMetrics": counts | {"cacheReadInputTokenCount": 64, "cacheWriteInputTokenCount": 16}
    }
    provider.script(wire.invoke_stream({"a": 1}, metrics))
    stream = client.invoke_model_with_response_stream(modelId=wire.MODEL, body="{}")["body"]
    pieces = [json.loads(event["chunk"]["bytes"]) for event in stream]
    told: Any = {"tokens": INVOKED, "cost": cost(INVOKED), "reasons": (), "parameters": STREAMED, "chunks": 2}

    assert (pieces, *seen(telemetry)) == ([{"a": 1}, metrics], *expected(converse(provider, "text_completion", **told)))


NOTHING: Any = {"tokens": None, "cost": None, "reasons": ()}


def test_throttled_and_then_answered_is_one_call_of_two_attempts(
    client: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(429, "ThrottlingException"), wire.converse())
    client.converse(**ASKED)
    told = {"tachograph.gen_ai.attempt.outcome": "rate_limited", "http.response.status_code": 429}
    events = (("tachograph.gen_ai.attempt", told),)

    assert seen(telemetry) == expected(converse(provider, attempts={"rate_limited": 1, "success": 1}, events=events))


def test_a_broken_stream_is_the_applications_error_and_ours(
    client: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.converse_stream("Hello", breaks=True))
    with closing(client.converse_stream(**ASKED)["stream"]) as stream, pytest.raises(ProtocolError):
        list(stream)
    told: Any = {"chunks": 2, "parameters": PARAMETERS | STREAMED, "error": "ProtocolError"}

    assert seen(telemetry) == expected(converse(provider, **told, **NOTHING))


@pytest.mark.parametrize("method", ["converse", "converse_stream"])
def test_an_error_reaches_the_application_by_its_code(
    method: str, client: Any, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    provider.script(wire.error(400, "ValidationException"))
    call: Callable[..., Any] = getattr(client, method)
    with pytest.raises(ClientError, match="ValidationException"):
        call(**ASKED)
    told = {"tachograph.gen_ai.attempt.outcome": "client_error", "http.response.status_code": 400}
    attempt: Any = {"attempts": {"client_error": 1}, "events": (("tachograph.gen_ai.attempt", told),)}
    parameters = PARAMETERS | (STREAMED if "stream" in method else {})

    assert seen(telemetry) == expected(
        converse(provider, error="ValidationException", parameters=parameters, **NOTHING, **attempt)
    )


def test_a_timeout_is_told_apart(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply((), hangs=True))
    client = make(provider, Config(retries={"total_max_attempts": 1}, read_timeout=0.2))
    with pytest.raises(ReadTimeoutError):
        client.converse(**ASKED)
    told = {"tachograph.gen_ai.attempt.outcome": "timeout", "error.type": "ReadTimeoutError"}
    attempt: Any = {"attempts": {"timeout": 1}, "events": (("tachograph.gen_ai.attempt", told),)}

    assert seen(telemetry) == expected(converse(provider, error="timeout", **NOTHING, **attempt))


def test_other_services_are_not_measured(provider: ScriptedProvider, telemetry: Seeing) -> None:
    provider.script(Reply(b"{}"))
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    boto3.client("dynamodb", region_name="eu-central-1", endpoint_url=provider.url, **keys).list_tables()

    assert seen(telemetry) == ([], [])
