"""Faults of our own: whatever of ours raises, the application sees its own result or its own error."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any, NoReturn

import anthropic
import boto3
import ollama
import openai
import pytest
from google import genai

import tachograph
import tachograph.libraries
import tachograph.llm
from tachograph.proxy import Proxy
from tests.fixtures.providers import anthropic as anthropic_wire
from tests.fixtures.providers import bedrock as bedrock_wire
from tests.fixtures.providers import google as google_wire
from tests.fixtures.providers import ollama as ollama_wire
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import Reply, ScriptedProvider
from tests.fixtures.telemetry import Seeing, seeing

from .test_anthropic import MESSAGE
from .test_bedrock import ASKED
from .test_google_genai import ASKED as GENERATE
from .test_ollama import CHAT as OLLAMA
from .test_openai import CHAT, async_create, async_stream, raw_stream, sync_create, sync_raw, sync_stream, unread_stream

HOOKS = [
    "tachograph.libraries.openai.server_at",
    "tachograph.libraries.openai.parameters",
    "tachograph.libraries.openai.recorder",
    "tachograph.libraries.openai._usage",
    "tachograph.libraries.openai.Events.told",
    "tachograph.libraries.openai.Events.read",
    "tachograph.libraries.openai_content.asked",
    "tachograph.libraries.openai_content.recorder",
    "tachograph.llm.outcome._count",
    "tachograph.llm.account.Account.take",
    "tachograph.llm.tokens.Usage.by_type",
    "tachograph.llm.prices.PRICES.tariff",
    "tachograph.llm.attempts._quotas",
    "tachograph.llm.chain.fallback.note",
    "tachograph.llm.chain.fallback._count_chain",
    "tachograph.llm.content.Recorder.written",
    "tachograph.llm.redaction.Redaction.clean",
]
APPLICATIONS: list[tuple[Callable[[ScriptedProvider], Any], Reply, Any]] = [
    (application, reply, result)
    for reply, result, applications in (
        (wire.chat(), "Hello there.", (sync_create, async_create, sync_raw)),
        (
            wire.chat_stream("Hello", " there."),
            ["", "Hello", " there.", ""],
            (sync_stream, async_stream, raw_stream, unread_stream),
        ),
    )
    for application in applications
]


def broken(*_args: Any, **_keywords: Any) -> NoReturn:
    raise ZeroDivisionError("ours")


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Telemetry with all that can be asked for."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    with seeing("lean") as seen:
        yield seen


@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_of_ours_changes_no_result(
    hook: str, provider: ScriptedProvider, telemetry: Seeing, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tachograph.status().failures
    monkeypatch.setattr(hook, broken)
    results = []
    with tachograph.fallback("answer"):
        for application, reply, _ in APPLICATIONS:
            provider.script(reply.with_headers(x_kept="yes", x_ratelimit_remaining_tokens="1"))
            results.append(application(provider))
    monkeypatch.undo()

    assert (results, tachograph.status().failures > before) == ([result for *_, result in APPLICATIONS], True)
    assert len(telemetry.spans) <= len(APPLICATIONS)


@pytest.mark.parametrize("hook", [*HOOKS, "tachograph.llm.attempts._count"])
def test_a_fault_of_ours_changes_no_error(
    hook: str, provider: ScriptedProvider, telemetry: Seeing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, broken)
    provider.script(wire.error(429))
    for application in (sync_create, async_create, sync_stream, raw_stream):
        with pytest.raises(openai.RateLimitError), tachograph.fallback("answer"):
            application(provider)
    monkeypatch.undo()

    assert len(telemetry.spans) <= 4


Calls = list[tuple[Callable[[], Any], Reply]]


def of_openai(url: str) -> tuple[Any, Calls]:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none")
    chat, raw = client.chat.completions.create, client.chat.completions.with_raw_response.create
    return client, [
        (lambda: chat(**CHAT).model_dump(), wire.chat()),
        (lambda: [chunk.model_dump() for chunk in chat(**CHAT, stream=True)], wire.chat_stream("Hello")),
        (lambda: len(list(raw(**CHAT, stream=True).parse())), wire.chat_stream("Hello")),
    ]


def of_anthropic(url: str) -> tuple[Any, Calls]:
    client = anthropic.Anthropic(base_url=url, api_key="none")

    def manage() -> Any:
        with client.messages.stream(**MESSAGE) as stream:
            return list(stream.text_stream)

    return client, [
        (lambda: client.messages.create(**MESSAGE).model_dump(), anthropic_wire.message()),
        (manage, anthropic_wire.message_stream("Hello")),
    ]


def of_google(url: str) -> tuple[Any, Calls]:
    options: Any = {"base_url": url}
    client = genai.Client(api_key="none", http_options=options)
    models = client.models
    return client, [
        (lambda: models.generate_content(**GENERATE).text, google_wire.content()),
        (lambda: [chunk.text for chunk in models.generate_content_stream(**GENERATE)], google_wire.content_stream("a")),
        (lambda: str(models.embed_content(model="m", contents="Hi").embeddings), google_wire.embeddings()),
    ]


def of_ollama(url: str) -> tuple[Any, Calls]:
    client = ollama.Client(host=url)
    return client._client, [
        (lambda: client.chat(**OLLAMA).model_dump(), ollama_wire.chat()),
        (lambda: [chunk.model_dump() for chunk in client.chat(**OLLAMA, stream=True)], ollama_wire.chat_stream("a")),
        (lambda: client.embed(model="m", input="Hi").model_dump(), ollama_wire.embed()),
    ]


def of_botocore(url: str) -> tuple[Any, Calls]:
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    client = boto3.client("bedrock-runtime", region_name="eu-central-1", endpoint_url=url, **keys)
    invoke: Any = {"modelId": bedrock_wire.MODEL, "body": "{}"}
    return client, [
        (lambda: client.converse(**ASKED)["output"], bedrock_wire.converse()),
        (lambda: list(client.converse_stream(**ASKED)["stream"]), bedrock_wire.converse_stream("Hello")),
        (lambda: bytes(client.invoke_model(**invoke)["body"].read()), bedrock_wire.invoke({"a": 1})),
        (
            lambda: list(client.invoke_model_with_response_stream(**invoke)["body"]),
            bedrock_wire.invoke_stream({"amazon-bedrock-invocationMetrics": {}}),
        ),
    ]


EVERY = {
    "openai": of_openai,
    "anthropic": of_anthropic,
    "google_genai": of_google,
    "ollama": of_ollama,
    "botocore": of_botocore,
}
GUARDS = ("_answered", "_failed")  # they are what catches all that is called within them


PROXY: type = Proxy


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    """Yield every function and method of ours in a module that has nothing of a call in its closure."""
    owners = [module, *(kind for _, kind in inspect.getmembers(module, inspect.isclass) if not issubclass(kind, PROXY))]
    for owner in owners:
        for name, value in vars(owner).items():
            ours = inspect.isfunction(value) and value.__module__ == module.__name__
            if ours and not value.__code__.co_freevars and name not in GUARDS:
                yield value


def hooks(library: str) -> list[FunctionType]:
    """Return every function that a call of a library may come through."""
    names = [f"tachograph.libraries.{name}" for _, name, _ in pkgutil.iter_modules(tachograph.libraries.__path__)]
    names = [name for name in names if name.rpartition(".")[2].startswith((library, "stainless"))]
    if library == "openai":  # what all libraries share once
        names += [f"tachograph.llm.{name}" for _, name, _ in pkgutil.iter_modules(tachograph.llm.__path__)]
    return [function for name in names for function in functions_of(importlib.import_module(name))]


@pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")
@pytest.mark.parametrize("library", EVERY)
def test_whichever_function_of_ours_raises_the_application_sees_its_own_result(
    library: str, provider: ScriptedProvider, telemetry: Seeing
) -> None:
    client, given = EVERY[library](provider.url)

    def results() -> list[Any]:
        found = []
        for call, reply in given:
            provider.script(reply.with_headers(x_ratelimit_remaining_tokens="1"))
            found.append(call())
        return found

    whole, before = results(), tachograph.status().failures
    seen = {}
    for function in hooks(library):
        code = function.__code__
        function.__code__ = broken.__code__
        try:
            seen[function.__qualname__] = results()
        finally:
            function.__code__ = code
    client.close()

    assert {name for name, found in seen.items() if found != whole} == set()
    assert (len(seen) > 10, tachograph.status().failures > before, len(telemetry.spans) > 0) == (True, True, True)
