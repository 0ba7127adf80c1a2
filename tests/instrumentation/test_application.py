"""The switches: which way telemetry goes, and that nothing of it stands in the application's way."""

import asyncio
import sqlite3
import subprocess
import sys
from types import ModuleType
from typing import Any

import celery.app.trace  # type: ignore[import-untyped] # it has no types
import flask
import pytest
import starlette.applications
import uvicorn.server
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from opentelemetry.sdk.trace import TracerProvider

import tachograph
from tachograph import serving
from tests.fixtures.process import wait_until
from tests.fixtures.telemetry import Receiver, Sdk

SDK = """
import tachograph
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()

def set_providers():
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider((InMemoryMetricReader(),)))

def work():
    with tachograph.operation("work"):
        pass

def names():
    return [span.name for span in exporter.get_finished_spans()]
"""


def run(script: str, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-c", SDK + script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment or None).stdout.strip()


def test_providers_that_are_set_up_are_used_and_none_is_added() -> None:
    script = """
set_providers()
before = (trace.get_tracer_provider(), metrics.get_meter_provider())
tachograph.instrument()
work()
print(names(), before == (trace.get_tracer_provider(), metrics.get_meter_provider()), tachograph.status().ways)
"""
    ways = "{'traces': 'through opentelemetry.sdk.trace.TracerProvider', "
    ways += "'metrics': 'through opentelemetry.sdk.metrics._internal.MeterProvider'}"
    assert run(script) == f"['work'] True {ways}"


def test_an_operation_alone_uses_the_applications_providers() -> None:
    assert run("set_providers()\nwork()\nprint(names())") == "['work']"


def test_an_operation_alone_starts_nothing() -> None:
    script = "import threading\nwork()\nprint(threading.active_count(), tachograph.status().ways)"
    assert run(script) == "1 {'traces': 'nowhere', 'metrics': 'nowhere'}"


def test_providers_that_come_later_are_gone_over_to(receiver: Receiver) -> None:
    script = """
import sys, time
tachograph.setup("test", sys.argv[1])
work()
set_providers()
deadline = time.monotonic() + 20
while "through" not in tachograph.status().ways["traces"] and time.monotonic() < deadline:
    time.sleep(0.02)
work()
print(names())
"""
    assert (run(script, receiver.url), [raw.seen.name for raw in receiver.raw()]) == ("['work']", ["work"])


def test_disabled_is_disabled_and_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    before = _of_the_application()
    try:
        tachograph.instrument()
        serving.instrument()
        states = set(tachograph.status().libraries.values()) - {"not installed"}
        assert (_of_the_application(), states) == (before, {"disabled by OTEL_SDK_DISABLED"})
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()


def test_disabled_sends_nothing(receiver: Receiver) -> None:
    script = "import sys\ntachograph.setup('test', sys.argv[1])\nwork()\nprint(tachograph.flush(), names())"
    assert (run(script, receiver.url, OTEL_SDK_DISABLED="true"), receiver.traces) == ("True []", [])


class BrokenProvider(TracerProvider):
    def get_tracer(self, *_args: Any, **_kwargs: Any) -> Any:
        raise OSError("no tracer today")


def test_a_provider_that_raises_does_not_stop_the_application() -> None:
    sdk = Sdk()
    try:
        tachograph.instrument(tracer_provider=BrokenProvider(), meter_provider=sdk.meter_provider)
        with tachograph.operation("work"):
            pass
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
        sdk.close()


def test_what_stands_in_for_a_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setitem(sys.modules, "ollama", ModuleType("ollama"))
    tachograph.setup("test", receiver.url)
    try:
        tachograph.instrument()
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()


@pytest.mark.parametrize("times", [1, 3])
def test_switching_on_and_off_again_and_again_leaves_nothing_behind(times: int, receiver: Receiver) -> None:
    before = sqlite3.connect
    tachograph.setup("test", receiver.url)
    try:
        for _ in range(times):
            tachograph.instrument()
            tachograph.instrument()
            connection = sqlite3.connect(":memory:")
            connection.execute("SELECT 1")
            connection.close()
            tachograph.uninstrument()
        tachograph.flush()
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
    assert (sqlite3.connect is before, len(receiver.raw())) == (True, times)


def _of_the_application() -> list[Any]:
    """Return what stands where `tachograph run` puts its own."""
    return [
        uvicorn.server.Server.shutdown,
        starlette.applications.Starlette.__call__,
        flask.Flask.__call__,
        flask.Flask.handle_exception,
        WSGIHandler.__call__,
        BaseHandler.resolve_request,
        celery.app.trace.build_tracer,
        asyncio.base_events.BaseEventLoop.run_forever,
        sqlite3.connect,
    ]


def test_taking_it_back_puts_back_exactly_what_was_there(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    before = _of_the_application()
    tachograph.setup("test", receiver.url)
    try:
        tachograph.instrument()
        serving.instrument()
        within = _of_the_application()
        states = tachograph.status().libraries
        tachograph.uninstrument()
        with tachograph.operation("work"):  # the pipeline goes on, for operations
            pass
        wait_until(lambda: bool(receiver.raw()), what="a span")
        after = _of_the_application()
    finally:
        tachograph.uninstrument()
        tachograph.shutdown()
    frameworks = {name: states[name] for name in ("celery", "django", "flask", "starlette")}
    assert (after, [ours for ours, theirs in zip(within, before, strict=True) if ours is theirs]) == (before, [])
    assert frameworks == dict.fromkeys(frameworks, "instrumented")


def test_status_tells_of_the_receivers_that_are_sent_to(receiver: Receiver) -> None:
    script = """
import sys
provider = TracerProvider()
trace.set_tracer_provider(provider)
tachograph.setup("test", sys.argv[1])
work()
tachograph.flush()
print(tachograph.status().receivers)
"""
    assert run(script, receiver.url) == str({"metrics": f"{receiver.url}/v1/metrics: answers"})


def test_libraries_and_frameworks_are_left_out_by_name(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    told = {}
    for names in ("tachograph_sqlite3,tachograph_flask,tachograph_bottle,redis", "*"):
        monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", names)
        tachograph.setup("test", receiver.url)
        try:
            tachograph.instrument()
            serving.instrument()
            libraries = tachograph.status().libraries
            told[names] = {name for name, state in libraries.items() if state.startswith("disabled")}
        finally:
            tachograph.uninstrument()
            tachograph.shutdown()
    assert list(told.values()) == [{"sqlite3", "flask"}, set(libraries)]
    assert caplog.messages == [
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=tachograph_bottle: there is no such instrumentation"
    ]


def test_what_is_open_at_the_end_reaches_providers_that_came_after_the_import() -> None:
    script = """
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(formatter=lambda span: span.name)))
trace.set_tracer_provider(provider)
tachograph.instrument()

@tachograph.operation("steps")
def steps():
    yield 1

under_way = steps()
next(under_way)
"""
    assert run(script) == "steps"
