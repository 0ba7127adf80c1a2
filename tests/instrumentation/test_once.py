"""Each call is counted once, whoever else instruments, and in whatever order they come."""

import asyncio
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import asyncpg
import pytest
import wrapt
from opentelemetry import trace
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # untyped
from opentelemetry.instrumentation.utils import suppress_instrumentation

import tachograph
from tachograph.patches import Patches
from tests.fixtures.postgres import Postgres
from tests.fixtures.telemetry import Sdk, seeing

from . import acme


class Vendor(BaseInstrumentor):  # type: ignore[misc] # untyped
    """Another OpenTelemetry instrumentor, as they are written: wrapt around the method, a span for each call."""

    def __init__(self, module: ModuleType, name: str, provider: trace.TracerProvider) -> None:
        self.module = module
        self.tracer = provider.get_tracer(name)
        namespace: dict[str, Any] = {"__name__": name, "tracer": self.tracer}
        exec(WRAPPER, namespace)
        self.wrapper = namespace["wrapper"]

    def instrumentation_dependencies(self) -> tuple[str, ...]:
        return ()

    def _instrument(self, **_keywords: Any) -> None:
        wrapt.wrap_function_wrapper(self.module.Client, "ask", self.wrapper)

    def _uninstrument(self, **_keywords: Any) -> None:
        self.module.Client.ask = self.module.Client.ask.__wrapped__


WRAPPER = """
def wrapper(wrapped, instance, args, kwargs):
    with tracer.start_as_current_span("theirs"):
        return wrapped(*args, **kwargs)
"""


@pytest.fixture
def sdk() -> Iterator[Sdk]:
    """The application's providers, which both instrumentations write to."""
    sdk = Sdk()
    tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
    yield sdk
    tachograph.uninstrument()
    tachograph.shutdown()
    sdk.close()


def ours(module: ModuleType) -> Patches:
    patches = Patches()
    patches.endpoint(module, "Client.ask", acme.endpoint("Client.ask"))
    return patches


def names(sdk: Sdk) -> list[str]:
    return [raw.seen.name for raw in sdk.raw()]


def counts(sdk: Sdk) -> list[int | None]:
    return [series.count for series in sdk.series() if series.metric == "acme.duration"]


@pytest.mark.parametrize("first", ["ours", "theirs"])
@pytest.mark.parametrize(
    ("vendor", "spans"),
    [
        ("opentelemetry.instrumentation.acme", ["ask acme"]),
        ("openlit.instrumentation.acme", ["ask acme"]),
        ("openinference.instrumentation.acme", ["theirs"]),
        ("ddtrace.contrib.acme", ["ask acme", "theirs"]),
    ],
)
def test_one_call_is_one_span_and_one_point(first: str, vendor: str, spans: list[str], sdk: Sdk) -> None:
    module: Any = acme.library()
    # An instrumentor is a singleton of its class.
    theirs = type("Vendor", (Vendor,), {})(module, vendor, sdk.tracer_provider)
    if first == "theirs":
        theirs.instrument(skip_dep_check=True)
        patches = ours(module)
    else:
        patches = ours(module)
        theirs.instrument(skip_dep_check=True)
        patches.settle()
    answer = module.Client().ask("well", "done")
    assert (answer, sorted(names(sdk)), counts(sdk)) == ("well done", spans, [1])
    patches.undo()
    sdk_spans_before = len(names(sdk))
    module.Client().ask("well", "done")
    assert "ask acme" not in names(sdk)[sdk_spans_before:]


@pytest.mark.parametrize(("scope", "count"), [("logfire.acme", [1]), ("an exporter", [])])
def test_below_a_span_that_suppresses_what_is_within_ours_are_the_metrics(
    scope: str, count: list[int], sdk: Sdk
) -> None:
    module = acme.library()
    patches = ours(module)
    with sdk.tracer_provider.get_tracer(scope).start_as_current_span("theirs"), suppress_instrumentation():
        answer = module.Client().ask("well", "done")
    patches.undo()
    assert (answer, names(sdk), counts(sdk)) == ("well done", ["theirs"], count)


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_opentelemetrys_asyncpg_beside_ours(first: str, postgres: Postgres) -> None:
    async def application() -> Any:
        connection = await asyncpg.connect(postgres.dsn)
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    sdk, theirs = Sdk(), AsyncPGInstrumentor()  # type: ignore[no-untyped-call] # untyped
    switch_on = [
        lambda: tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider),
        lambda: theirs.instrument(tracer_provider=sdk.tracer_provider, skip_dep_check=True),
    ]
    try:
        for switch in switch_on if first == "ours" else reversed(switch_on):
            switch()
        answer = asyncio.run(application())
    finally:
        tachograph.uninstrument()
        theirs.uninstrument()
        tachograph.shutdown()
    counts = [series.count for series in sdk.series() if series.metric == "db.client.operation.duration"]
    sdk.close()
    assert (answer, len(sdk.raw()), counts) == (1, 1, [1])


def test_the_export_is_nobodys_call() -> None:
    with seeing("lean") as seen:
        with tachograph.operation("work"):
            pass
        assert [span.name for span in seen.spans] == ["work"]
        assert [span.name for span in seen.spans] == ["work"]
