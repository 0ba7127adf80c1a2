"""One instrumentation in a process of its own: makes as many calls as it is told, says what CPU time each took.

Arguments: the instrumentation, the scenario, the OTLP endpoint, "export" or "keep". It runs in the environments of the
others, so it imports nothing of this repository.
"""

import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any

Flush = Callable[[], Any]
_HOUR = 3_600_000
_MESSAGES: Any = [
    {"role": "system", "content": "You are the assistant of a small team. Answer briefly."},
    {"role": "user", "content": "What did we decide about the release next month?"},
]
_WORDS = [f"word{number} " for number in range(50)]


def _openai_body() -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": "".join(_WORDS)}, "finish_reason": "stop"}
    return json.dumps(_openai("chat.completion", [choice]) | {"usage": _OPENAI_USAGE}).encode()


_OPENAI_USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 50,
    "total_tokens": 170,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


def _openai(kind: str, choices: list[Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "gpt-4o-mini-2024-07-18", "choices": choices}


def _openai_events() -> bytes:
    kind = "chat.completion.chunk"
    chunks = [_openai(kind, [{"index": 0, "delta": {"content": word}, "finish_reason": None}]) for word in _WORDS]
    chunks.append(_openai(kind, [{"index": 0, "delta": {}, "finish_reason": "stop"}]) | {"usage": _OPENAI_USAGE})
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


_ANTHROPIC_USAGE = {"input_tokens": 56, "cache_read_input_tokens": 64, "output_tokens": 50}


def _anthropic(content: list[Any], reason: str | None) -> dict[str, Any]:
    told = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001"}
    return told | {"content": content, "stop_reason": reason, "stop_sequence": None, "usage": _ANTHROPIC_USAGE}


def _anthropic_body() -> bytes:
    return json.dumps(_anthropic([{"type": "text", "text": "".join(_WORDS)}], "end_turn")).encode()


def _anthropic_events() -> bytes:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _anthropic([], None)},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    events += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in _WORDS
    ]
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 50}},
        {"type": "message_stop"},
    ]
    return b"".join(b"event: %b\ndata: %b\n\n" % (each["type"].encode(), json.dumps(each).encode()) for each in events)


def client(scenario: str) -> tuple[Any, Callable[[], Any]]:
    """Return an SDK's client whose transport answers from memory, and the call to measure."""
    openai_made, streamed = scenario.startswith("openai"), scenario.endswith("stream")
    body = (
        (_openai_events if streamed else _openai_body)()
        if openai_made
        else (_anthropic_events if streamed else _anthropic_body)()
    )
    kind = "text/event-stream" if streamed else "application/json"

    sdk: Any = importlib.import_module("openai" if openai_made else "anthropic")
    # Newer SDKs stand on httpx2, older ones on httpx.
    library = next(
        base.__module__.partition(".")[0] for base in sdk.DefaultHttpxClient.__mro__ if base.__name__ == "Client"
    )
    http = importlib.import_module(library)

    def answer(_request: Any) -> Any:
        return http.Response(200, content=body, headers={"content-type": kind})

    transport = http.Client(transport=http.MockTransport(answer))
    create: Callable[[], Any]
    if openai_made:
        made: Any = sdk.OpenAI(api_key="none", http_client=transport)
        given: Any = {"model": "gpt-4o-mini", "messages": _MESSAGES}
        create = lambda: made.chat.completions.create(**given, stream=streamed)  # noqa: E731 - looked up anew
    else:
        made = sdk.Anthropic(api_key="none", http_client=transport)
        given = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": _MESSAGES[1:]}
        create = lambda: made.messages.create(**given, stream=streamed)  # noqa: E731 - looked up anew

    def call() -> None:
        result = create()
        if streamed:
            for _ in result:
                pass

    return made, call


def _providers(endpoint: str, *, export: bool) -> tuple[Any, Any, Flush]:
    """Return the application's providers of OpenTelemetry's SDK."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracers = TracerProvider()
    reader: Any = InMemoryMetricReader()
    if export:
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics"), _HOUR)
    meters = MeterProvider((reader,))

    def flush() -> None:
        tracers.force_flush()
        if export:
            meters.force_flush()

    return tracers, meters, flush


def bare(_made: Any, _endpoint: str, *, export: bool) -> Flush:  # noqa: ARG001 - nothing is sent
    """Measure nothing."""
    return lambda: None


def tachograph_lean(_made: Any, endpoint: str, *, export: bool) -> Flush:
    """Tachograph with its own pipeline."""
    import tachograph

    long = {"OTEL_BSP_SCHEDULE_DELAY": str(_HOUR), "OTEL_METRIC_EXPORT_INTERVAL": str(_HOUR)}
    os.environ |= {**long, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000"}
    tachograph.setup("benchmark", endpoint)
    tachograph.instrument()
    return (lambda: tachograph.flush(30)) if export else (lambda: None)


def tachograph_providers(_made: Any, endpoint: str, *, export: bool) -> Flush:
    """Tachograph through the application's providers."""
    import tachograph

    tracers, meters, flush = _providers(endpoint, export=export)
    tachograph.instrument(tracer_provider=tracers, meter_provider=meters)
    return flush


def by_hand(made: Any, endpoint: str, *, export: bool) -> Flush:
    """OpenTelemetry's SDK by hand: a span with twelve attributes and three values, of a call nothing is read of."""
    from opentelemetry.trace import SpanKind

    tracers, meters, flush = _providers(endpoint, export=export)
    tracer, meter = tracers.get_tracer("by hand"), meters.get_meter("by hand")
    duration, tokens = meter.create_histogram("duration", "s"), meter.create_histogram("tokens")
    before = {
        "operation": "chat",
        "provider": "openai",
        "model": "gpt-4o-mini",
        "server": "api.openai.com",
        "port": 443,
    }
    told = {"id": "chatcmpl-1", "answered": "gpt-4o-mini-2024-07-18", "reasons": ("stop",), "cost": 4.3e-05}
    used = {"input": 120, "output": 50, "cached": 64}
    base: Any = next(kind for kind in type(made).__mro__ if kind.__name__ == "SyncAPIClient")
    request = base.request

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        with tracer.start_as_current_span("chat", kind=SpanKind.CLIENT, attributes=before) as span:
            result = request(self, *args, **kwargs)
            span.set_attributes({**told, **used})
        duration.record(time.perf_counter() - began, before)
        tokens.record(120, {**before, "type": "input"})
        tokens.record(50, {**before, "type": "output"})
        return result

    base.request = wrapper
    return flush


def opentelemetry(_made: Any, endpoint: str, *, export: bool) -> Flush:
    """OpenTelemetry's own."""
    return _instrumented("opentelemetry.instrumentation.genai", endpoint, export=export)


def openllmetry(_made: Any, endpoint: str, *, export: bool) -> Flush:
    """OpenLLMetry."""
    return _instrumented("opentelemetry.instrumentation", endpoint, export=export)


def _instrumented(package: str, endpoint: str, *, export: bool) -> Flush:
    tracers, meters, flush = _providers(endpoint, export=export)
    for module, name in (("openai", "OpenAIInstrumentor"), ("anthropic", "AnthropicInstrumentor")):
        instrumentor = getattr(importlib.import_module(f"{package}.{module}"), name)()
        instrumentor.instrument(tracer_provider=tracers, meter_provider=meters)
    return flush


def openlit(_made: Any, endpoint: str, *, export: bool) -> Flush:
    """OpenLIT."""
    from opentelemetry import metrics, trace

    theirs = importlib.import_module("openlit")
    tracers, meters, flush = _providers(endpoint, export=export)
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    theirs.init()  # it uses the global providers
    return flush


def ddtrace(_made: Any, endpoint: str, *, export: bool) -> Flush:
    """ddtrace; it always sends to its agent, here the receiver."""
    os.environ |= {"DD_TRACE_AGENT_URL": endpoint, "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false"}
    os.environ |= {"DD_REMOTE_CONFIGURATION_ENABLED": "false", "DD_TRACE_STARTUP_LOGS": "false"}
    importlib.import_module("ddtrace").patch(openai=True, anthropic=True)
    tracer = importlib.import_module("ddtrace.trace").tracer
    flush: Flush = tracer.flush
    return flush if export else (lambda: None)


def logfire(made: Any, endpoint: str, *, export: bool) -> Flush:
    """Logfire."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    theirs = importlib.import_module("logfire")
    processors = [BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces"))] if export else []
    theirs.configure(send_to_logfire=False, console=False, additional_span_processors=processors)
    if type(made).__module__.startswith("openai"):
        theirs.instrument_openai(made)
    else:
        theirs.instrument_anthropic(made)
    flush: Flush = theirs.force_flush
    return flush


def main(make: str, scenario: str, endpoint: str, mode: str) -> None:
    """Serve rounds until the input ends; "imported first" where an instrumentation must see the import."""
    logging.disable()
    answers, sys.stdout = sys.stdout, sys.stderr
    if make == "ddtrace":
        flush = ddtrace(None, endpoint, export=mode == "export")
        _, call = client(scenario)
    else:
        made, call = client(scenario)
        flush = globals()[make](made, endpoint, export=mode == "export")
    for line in sys.stdin:
        calls = int(line)
        began = time.process_time()
        for _ in range(calls):
            call()
        flush()
        print((time.process_time() - began) / calls, file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
