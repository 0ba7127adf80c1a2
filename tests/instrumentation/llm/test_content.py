"""Content: never without being asked for; then as the conventions write it, cut, and without what must not leave."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

import tachograph
from tachograph.llm.redaction import Redaction
from tests.fixtures.providers import anthropic, bedrock, google, ollama, openai
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing, seeing

from . import test_anthropic, test_google_genai, test_ollama, test_openai

SECRET = "ada@example.org paid with 4111 1111 1111 1111, key sk-proj-abcdefghijklmnopqrstuv"
CLEAN = "[e-mail] paid with [card], key [key]"
KEYS = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions")

pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")


@pytest.fixture
def captured(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeing]:
    """Telemetry with content asked for."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")
    with seeing("lean") as telemetry:
        yield telemetry


def content(telemetry: Seeing) -> list[dict[str, Any]]:
    """Return the content of each span, read from JSON."""
    return [
        {key.removeprefix("gen_ai."): json.loads(span.attributes[key]) for key in KEYS if key in span.attributes}
        for span in telemetry.spans
    ]


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def said(*parts: dict[str, Any], reason: str = "stop") -> list[dict[str, Any]]:
    return [{"role": "assistant", "parts": list(parts), "finish_reason": reason}]


CALL = {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": '{"city": "Bremen"}'}

openai_messages: Any = [
    {"role": "system", "content": "Be brief."},
    {
        "role": "user",
        "content": [{"type": "text", "text": SECRET}, {"type": "image_url", "image_url": {"url": "data:"}}],
    },
    {"role": "assistant", "content": None, "tool_calls": [openai.CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
]
openai_seen = [
    {"role": "system", "parts": [text("Be brief.")]},
    user(text(CLEAN), {"type": "blob", "modality": "image"}),
    {"role": "assistant", "parts": [CALL]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "rain"}]},
]


def test_openais_messages(provider: ScriptedProvider, captured: Seeing) -> None:
    provider.script(openai.chat(f"Noted: {SECRET}", tool_calls=[openai.CALL]))
    asked: Any = {"model": "gpt-4o-mini", "messages": openai_messages}
    test_openai.with_sync(provider, lambda client: client.chat.completions.create(**asked))

    assert content(captured) == [
        {"input.messages": openai_seen, "output.messages": said(text(f"Noted: {CLEAN}"), CALL, reason="tool_calls")}
    ]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (openai.chat_stream("Hello", " there."), said(text("Hello there."))),
        (openai.tool_stream(), said(CALL, reason="tool_calls")),
    ],
    ids=["words", "tool"],
)
def test_openais_stream_is_put_together(
    reply: Reply, answer: Any, provider: ScriptedProvider, captured: Seeing
) -> None:
    provider.script(reply)
    test_openai.with_sync(
        provider, lambda client: list(client.chat.completions.create(**test_openai.CHAT, stream=True))
    )

    assert content(captured) == [{"input.messages": [user(text("Hi"))], "output.messages": answer}]


if test_openai.HAS_RESPONSES:

    @pytest.mark.parametrize("streamed", [False, True])
    def test_openais_responses(streamed: bool, provider: ScriptedProvider, captured: Seeing) -> None:  # noqa: FBT001 - a parameter
        provider.script(openai.response_stream("Hello", " there.") if streamed else openai.response())
        items: Any = [
            {"role": "user", "content": "Hi"},
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city": "Bremen"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
        ]
        asked: Any = {"model": "gpt-4o-mini", "input": items, "instructions": "Be brief.", "stream": streamed}
        test_openai.with_sync(provider, lambda client: list(client.responses.create(**asked)))

        assert content(captured) == [
            {
                "input.messages": [
                    user(text("Hi")),
                    user(CALL),
                    user({"type": "tool_call_response", "id": "call_1", "response": "rain"}),
                ],
                "system_instructions": [text("Be brief.")],
                "output.messages": said(text("Hello there.")),
            }
        ]


anthropic_asked: Any = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 10,
    "system": [{"type": "text", "text": "Be brief."}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": SECRET}, {"type": "image", "source": {}}]},
        {"role": "assistant", "content": [anthropic.tool_use()]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}]},
    ],
}
USE = {"type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": '{"city": "Bremen"}'}


@pytest.mark.parametrize("streamed", [False, True])
def test_anthropics_messages(streamed: bool, provider: ScriptedProvider, captured: Seeing) -> None:  # noqa: FBT001 - a parameter
    provider.script(anthropic.message_stream("Hello", " there.") if streamed else anthropic.message())

    def use(client: Any) -> None:
        answer = client.messages.create(**anthropic_asked, stream=streamed)
        if streamed:
            list(answer)

    test_anthropic.with_sync(provider, use)

    assert content(captured) == [
        {
            "input.messages": [
                user(text(CLEAN), {"type": "blob", "modality": "image"}),
                {"role": "assistant", "parts": [USE]},
                user({"type": "tool_call_response", "id": "toolu_1", "response": "rain"}),
            ],
            "system_instructions": [text("Be brief.")],
            "output.messages": said(text("Hello there."), reason="end_turn"),
        }
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_googles_contents(streamed: bool, provider: ScriptedProvider, captured: Seeing) -> None:  # noqa: FBT001 - a parameter
    provider.script(google.content_stream("Hello", " there.") if streamed else google.content())
    asked: Any = {
        "model": "gemini-2.5-flash",
        "contents": ["Hi", SECRET],
        "config": {"system_instruction": "Be brief."},
    }

    def use(client: Any) -> None:
        if streamed:
            list(client.models.generate_content_stream(**asked))
        else:
            client.models.generate_content(**asked)

    test_google_genai.with_sync(provider, use)

    assert content(captured) == [
        {
            "input.messages": [user(text("Hi")), user(text(CLEAN))],
            "system_instructions": [text("Be brief.")],
            "output.messages": said(text("Hello there.")),
        }
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_ollamas_messages(streamed: bool, provider: ScriptedProvider, captured: Seeing) -> None:  # noqa: FBT001 - a parameter
    provider.script(ollama.chat_stream("Hello", " there.") if streamed else ollama.chat())
    asked: Any = {"model": "llama3.2", "messages": [{"role": "user", "content": SECRET}], "stream": streamed}

    def use(client: Any) -> None:
        answer = client.chat(**asked)
        if streamed:
            list(answer)

    test_ollama.with_sync(provider, use)

    assert content(captured) == [{"input.messages": [user(text(CLEAN))], "output.messages": said(text("Hello there."))}]


@pytest.mark.parametrize("streamed", [False, True])
def test_bedrocks_messages(streamed: bool, provider: ScriptedProvider, captured: Seeing) -> None:  # noqa: FBT001 - a parameter
    provider.script(bedrock.converse_stream("Hello", " there.") if streamed else bedrock.converse())
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    client = boto3.client("bedrock-runtime", region_name="eu-central-1", endpoint_url=provider.url, **keys)
    asked: Any = {
        "modelId": bedrock.MODEL,
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": SECRET}]}],
    }
    if streamed:
        list(client.converse_stream(**asked)["stream"])
    else:
        client.converse(**asked)
    client.close()

    assert content(captured) == [
        {
            "input.messages": [user(text(CLEAN))],
            "system_instructions": [text("Be brief.")],
            "output.messages": said(text("Hello there."), reason="end_turn"),
        }
    ]


@pytest.mark.parametrize("setting", [None, "false", "NO_CONTENT", "EVENT_ONLY", "perhaps"])
def test_without_being_asked_for_no_word_of_it_leaves(
    setting: str | None, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    if setting is not None:
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", setting)
    provider.script(openai.chat("a word"))
    with seeing("lean") as telemetry:
        test_openai.sync_create(provider)
        test_openai.with_sync(
            provider, lambda client: client.chat.completions.create(**test_openai.CHAT, user="a word")
        )
        assert "a word" not in str((telemetry.raw, telemetry.series))


def test_a_span_that_is_not_sampled_costs_no_content(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setattr(Redaction, "shorten", lambda *_: pytest.fail("content was read"))
    provider.script(openai.chat())
    with seeing("lean") as telemetry:
        before = tachograph.status().failures
        test_openai.sync_create(provider)
        assert (telemetry.spans, tachograph.status().failures) == ([], before)


def test_long_messages_are_cut_and_many_are_left_out(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    monkeypatch.setenv("TACHOGRAPH_LLM_CONTENT_CHARACTERS", "20")
    provider.script(openai.chat())
    messages: Any = [{"role": "user", "content": f"{number:02} " + "x" * 30} for number in range(40)]
    with seeing("lean") as telemetry:
        asked: Any = {"model": "gpt-4o-mini", "messages": messages}
        test_openai.with_sync(provider, lambda client: client.chat.completions.create(**asked))
        kept = content(telemetry)[0]["input.messages"]

    assert kept == [user(text(f"39 {'x' * 17}... (33 characters)"))]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("write to ada.lovelace+x@mail.example.co.uk now", "write to [e-mail] now"),
        ("4111-1111-1111-1111 and 378282246310005", "[card] and [card]"),
        ("order 4111 1111 1111 1112 of 2026", "order 4111 1111 1111 1112 of 2026"),  # its check digit is wrong
        ("0000 0000 0000 0000", "0000 0000 0000 0000"),
        ("pi is 3.14159265358979323846", "pi is 3.14159265358979323846"),
        ("key sk-ant-api03-abcdefghijklmnopqrst, done", "key [key], done"),
        ("AKIAIOSFODNN7EXAMPLE or AIzaSyA-1234567890abcdefghijklmnopqrstu", "[key] or [key]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789 xoxb-1234567890-abc", "[key] [key]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "[key]"),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [key]"),
        ('{"api_key": "hunter2hunter2", "n": 1}', '{"api_key": "[key]", "n": 1}'),
        ("password=correcthorse&x=1", "password=[key]&x=1"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAA\n-----END RSA PRIVATE KEY-----\nbye", "[key]\nbye"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE that was cut", "[key]"),
        ('{\\"password\\": \\"hunter22\\"}', '{\\"password\\": \\"[key]\\"}'),  # in JSON within JSON
        ("postgres://ada:correcthorse@db.example/x", "postgres://[key]@db.example/x"),
        ("an API key: abcd1234efgh, a secret: topsecret99", "an API key: [key], a secret: [key]"),
        ("max_tokens: 16384000, a token: any word", "max_tokens: 16384000, a token: any word"),
        ("jörg.o'neil@exämple.de", "[e-mail]"),
        ("4111\u00a01111\u00a01111\u00a01111", "[card]"),
        ("whsec_abcdefghijklmnopqrstuvwxyz", "[key]"),
        ("a task, a skill and a disk-like thing", "a task, a skill and a disk-like thing"),
        ("", ""),
    ],
)
def test_what_must_not_leave_is_taken_out(given: str, left: str) -> None:
    assert Redaction().clean(given) == left


def test_a_secret_at_the_cut_is_taken_out_before_the_cut() -> None:
    given = "x" * 15 + " sk-proj-abcdefghijklmnopqrstuv"

    assert Redaction().shorten(given, 20) == f"{'x' * 15} [key... ({len(given)} characters)"


def test_patterns_of_ones_own_are_taken_out_too(provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    monkeypatch.setenv("TACHOGRAPH_LLM_REDACT", "case-\\d+\n(?i)project x")
    provider.script(openai.chat("Case-7 and case-42 of PROJECT X"))
    with seeing("lean") as telemetry:
        test_openai.sync_create(provider)
        answer = content(telemetry)[0]["output.messages"]

    assert answer == said(text("Case-7 and [redacted] of [redacted]"))


@pytest.mark.parametrize("reader", [iter, lambda messages: (each for each in messages)])
def test_an_iterator_of_messages_stays_the_applications(
    reader: Callable[[Any], Any], provider: ScriptedProvider, captured: Seeing
) -> None:
    assert captured.spans == []
    provider.script(openai.chat())
    asked: Any = {"model": "gpt-4o-mini", "messages": reader([{"role": "user", "content": "Hi"}])}
    test_openai.with_sync(provider, lambda client: client.chat.completions.create(**asked))

    assert provider.asked[0].body["messages"] == [{"role": "user", "content": "Hi"}]
