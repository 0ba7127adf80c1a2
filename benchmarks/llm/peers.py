"""The others: what each installs, in an environment of its own that the benchmark makes."""

from benchmarks.peers import CHECKOUT, Peer

_SDKS = ("openai", "anthropic")

OTEL = Peer(
    "OpenTelemetry genai-openai, genai-anthropic",
    "opentelemetry",
    ("opentelemetry-instrumentation-genai-openai", "opentelemetry-instrumentation-genai-anthropic"),
    _SDKS,
)
OTHERS = (
    OTEL,
    Peer(
        "OpenLLMetry",
        "openllmetry",
        ("opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic"),
        _SDKS,
    ),
    Peer("OpenLIT", "openlit", ("openlit",), _SDKS),
    Peer("ddtrace", "ddtrace", ("ddtrace",), _SDKS),
    Peer("logfire", "logfire", ("logfire",), _SDKS),
)
OURS = Peer("tachograph", "tachograph", ("--editable", f"{CHECKOUT}[prices]"), _SDKS)
