"""The settings: OTEL_* variables first, TACHOGRAPH_* where OpenTelemetry has none; read once, at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from . import variables
from .variables import Reader, Url

_NO_URL = Url("", {})
_NO_PAIRS: dict[str, str] = {}
DEFAULT_ENDPOINT = "http://127.0.0.1:4318"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one signal goes; an empty URL: nowhere."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 10.0
    gzip: bool = False
    certificate: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """What concerns calls of models.

    `providers` names the provider behind a host or host:port, `prices_file` holds prices of the user's own,
    `budget_usd` is what may be spent in a day. Of the messages, where they are captured, each keeps at most
    `content_characters`, without what `redact_patterns` match.
    """

    capture_content: bool = False
    content_characters: int = 4096
    redact_patterns: tuple[str, ...] = ()
    providers: Mapping[str, str] = field(default_factory=dict)
    prices_file: str | None = None
    budget_usd: float | None = None


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """What concerns calls of databases.

    A statement is slow from `slow_seconds`, a transaction long from `transaction_seconds`; a statement that one
    operation runs more than `repeats` times is said to repeat. Only where asked for, transactions are spans, and slow
    SELECTs are explained, each at most once in `explain_seconds`.
    """

    slow_seconds: float = 1.0
    transaction_seconds: float = 10.0
    repeats: int = 10
    transaction_spans: bool = False
    explain: bool = False
    explain_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set; `beyond` says what of it Tachograph's own pipeline does not do, in words for the log."""

    disabled: bool
    service_name: str | None
    resource: Mapping[str, str]
    metrics: Target
    traces: Target
    sampler: str
    sampler_ratio: float
    metric_interval_seconds: float
    span_interval_seconds: float
    span_queue: int
    span_batch: int
    attribute_length: int | None
    attribute_count: int
    disabled_libraries: frozenset[str]
    runtime: bool
    llm: LlmSettings
    database: DatabaseSettings
    beyond: tuple[str, ...]


def read(environment: Mapping[str, str], *, endpoint: str | None = None, service_name: str | None = None) -> Settings:
    """Read the settings; a value that makes no sense is one warning that names it, and the default."""
    reader = Reader(environment)
    metrics, traces = _targets(reader, endpoint)
    return Settings(
        disabled=reader.value("OTEL_SDK_DISABLED", variables.boolean, default=False),
        service_name=service_name or reader.text("OTEL_SERVICE_NAME"),
        resource=reader.value("OTEL_RESOURCE_ATTRIBUTES", variables.pairs, _NO_PAIRS),
        metrics=metrics,
        traces=traces,
        sampler=reader.value("OTEL_TRACES_SAMPLER", variables.sampler, "parentbased_always_on"),
        sampler_ratio=reader.value("OTEL_TRACES_SAMPLER_ARG", variables.ratio, 1.0),
        metric_interval_seconds=reader.value("OTEL_METRIC_EXPORT_INTERVAL", variables.milliseconds, 5.0),
        span_interval_seconds=reader.value("OTEL_BSP_SCHEDULE_DELAY", variables.milliseconds, 1.0),
        span_queue=reader.value("OTEL_BSP_MAX_QUEUE_SIZE", variables.positive, 8192),
        span_batch=reader.value("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", variables.positive, 512),
        attribute_length=_limit(reader, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
        attribute_count=_limit(reader, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT") or 128,
        runtime=reader.value("TACHOGRAPH_RUNTIME_METRICS", variables.boolean, default=True),
        disabled_libraries=reader.value("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", variables.names, frozenset()),
        llm=_llm(reader),
        database=_database(reader),
        beyond=tuple(reader.beyond),
    )


def _limit(reader: Reader, of_spans: str, of_all: str) -> int | None:
    no_limit: int | None = None
    return reader.value(of_spans, variables.positive, reader.value(of_all, variables.positive, no_limit))


def _llm(reader: Reader) -> LlmSettings:
    return LlmSettings(
        capture_content=reader.value(
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", variables.content, default=False
        ),
        content_characters=reader.value("TACHOGRAPH_LLM_CONTENT_CHARACTERS", variables.positive, 4096),
        redact_patterns=reader.value("TACHOGRAPH_LLM_REDACT", variables.patterns, ()),
        providers=reader.value("TACHOGRAPH_LLM_PROVIDERS", variables.pairs, _NO_PAIRS),
        prices_file=reader.text("TACHOGRAPH_LLM_PRICES"),
        budget_usd=reader.value("TACHOGRAPH_LLM_BUDGET_USD", variables.amount, None),
    )


def _database(reader: Reader) -> DatabaseSettings:
    return DatabaseSettings(
        slow_seconds=reader.value("TACHOGRAPH_DB_SLOW_SECONDS", variables.amount, 1.0),
        transaction_seconds=reader.value("TACHOGRAPH_DB_TRANSACTION_SECONDS", variables.amount, 10.0),
        repeats=reader.value("TACHOGRAPH_DB_REPEATS", variables.positive, 10),
        transaction_spans=reader.value("TACHOGRAPH_DB_TRANSACTIONS", variables.boolean, default=False),
        explain=reader.value("TACHOGRAPH_DB_EXPLAIN", variables.boolean, default=False),
        explain_seconds=reader.value("TACHOGRAPH_DB_EXPLAIN_SECONDS", variables.amount, 600.0),
    )


def _targets(reader: Reader, endpoint: str | None) -> tuple[Target, Target]:
    reader.protocol("OTEL_EXPORTER_OTLP_PROTOCOL")
    base = reader.value("OTEL_EXPORTER_OTLP_ENDPOINT", variables.url, _NO_URL)
    if endpoint is not None:
        base = Reader({"endpoint": endpoint}).value("endpoint", variables.url, _NO_URL)
    general = _target(reader, "", Target("", base.headers))

    def target(signal: str) -> Target:
        address = f"{(base.address or DEFAULT_ENDPOINT).rstrip('/')}/v1/{signal.lower()}"
        own = _target(reader, f"{signal}_", replace(general, url=address), with_endpoint=endpoint is None)
        reader.protocol(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
        return own if reader.exported(signal) else replace(own, url="")

    return target("METRICS"), target("TRACES")


def _target(reader: Reader, signal: str, default: Target, *, with_endpoint: bool = False) -> Target:
    """Read what the variables of one signal, or those of all, say; else the default."""
    prefix = f"OTEL_EXPORTER_OTLP_{signal}"
    own = Url(default.url, {})
    if with_endpoint:
        own = reader.value(f"{prefix}ENDPOINT", variables.url, own)
    headers = reader.value(f"{prefix}HEADERS", variables.pairs, _NO_PAIRS, secret=True)
    return Target(
        own.address,
        {**default.headers, **own.headers, **headers},
        reader.value(f"{prefix}TIMEOUT", variables.milliseconds, default.timeout_seconds),
        reader.value(f"{prefix}COMPRESSION", variables.compression, default.gzip),
        reader.value(f"{prefix}CERTIFICATE", variables.file, default.certificate),
        reader.value(f"{prefix}CLIENT_CERTIFICATE", variables.file, default.client_certificate),
        reader.value(f"{prefix}CLIENT_KEY", variables.file, default.client_key),
    )
