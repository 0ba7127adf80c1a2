"""Each call of a model is counted once, whoever else measures it, above or below where we do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
import requests
import wrapt
from openai.resources.chat.completions import Completions
from opentelemetry import trace

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import ScriptedProvider
from tests.fixtures.telemetry import Sdk

from .test_attempts import by_requests
from .test_openai import sync_create

WRAPPER = """
def wrapper(wrapped, instance, args, kwargs):
    with tracer.start_as_current_span("theirs"):
        return wrapped(*args, **kwargs)
"""


def vendor(name: str, provider: trace.TracerProvider) -> Callable[..., Any]:
    """Return another instrumentation's wrapper, as they are written."""
    namespace: dict[str, Any] = {"__name__": name, "tracer": provider.get_tracer(name)}
    exec(WRAPPER, namespace)
    wrapper: Callable[..., Any] = namespace["wrapper"]
    return wrapper


@contextmanager
def theirs(owner: Any, method: str, wrapper: Callable[..., Any]) -> Iterator[None]:
    """Let another instrumentation wrap a method, and leave everything as it was."""
    own, before = method in vars(owner), getattr(owner, method)
    wrapt.wrap_function_wrapper(owner, method, wrapper)
    try:
        yield
    finally:
        setattr(owner, method, before) if own else delattr(owner, method)


def ours(sdk: Sdk) -> None:
    tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)


@pytest.fixture
def sdk() -> Iterator[Sdk]:
    """The application's providers, which both write to."""
    sdk = Sdk()
    yield sdk
    tachograph.uninstrument()
    tachograph.shutdown()
    sdk.close()


def counted(sdk: Sdk) -> tuple[list[str], list[int | None]]:
    spans = [raw.seen.name for raw in sdk.raw()]
    return spans, [point.count for point in sdk.series() if point.metric == "gen_ai.client.operation.duration"]


@pytest.mark.parametrize(
    ("name", "spans"),
    [
        ("opentelemetry.instrumentation.openai_v2.patch", ["chat gpt-4o-mini"]),
        ("opentelemetry.instrumentation.openai.shared", ["chat gpt-4o-mini"]),
        ("openlit.instrumentation.openai", ["chat gpt-4o-mini"]),
        ("openinference.instrumentation.openai", ["theirs"]),
    ],
)
@pytest.mark.parametrize(("owner", "method"), [(Completions, "create"), (openai.OpenAI, "request")], ids=str)
def test_one_call_is_one_span_and_one_point(
    owner: Any, method: str, name: str, spans: list[str], provider: ScriptedProvider, sdk: Sdk
) -> None:
    provider.script(wire.chat())
    with theirs(owner, method, vendor(name, sdk.tracer_provider)):
        ours(sdk)
        answer = sync_create(provider)
        tachograph.uninstrument()

    assert (answer, *counted(sdk)) == ("Hello there.", spans, [1])


def test_one_who_comes_later_and_tells_nobody_is_seen_at_the_next_collection(
    provider: ScriptedProvider, sdk: Sdk
) -> None:
    provider.script(wire.chat())
    sync_create(provider)
    ours(sdk)
    with theirs(Completions, "create", vendor("langfuse.openai", sdk.tracer_provider)):
        failures = [point.sum for point in sdk.series() if point.metric == "tachograph.instrumentation.failures"]
        sync_create(provider)
        tachograph.uninstrument()

    assert (*counted(sdk), failures) == (["theirs"], [1], [tachograph.status().failures])


def test_what_was_taken_off_comes_back(provider: ScriptedProvider, sdk: Sdk) -> None:
    provider.script(wire.chat())
    with theirs(Completions, "create", vendor("openlit.instrumentation", sdk.tracer_provider)):
        wrapped = vars(Completions)["create"]
        ours(sdk)
        tachograph.uninstrument()
        sync_create(provider)

        assert (vars(Completions)["create"] is wrapped, *counted(sdk)) == (True, ["theirs"], [])


def test_instrumentations_of_http_clients_stay(provider: ScriptedProvider, sdk: Sdk) -> None:
    provider.script(wire.chat())
    with theirs(requests.Session, "send", vendor("opentelemetry.instrumentation.requests", sdk.tracer_provider)):
        ours(sdk)
        by_requests(f"{provider.url}/anything")
        tachograph.uninstrument()

    assert counted(sdk) == (["theirs"], [])
