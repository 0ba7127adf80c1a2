"""The settings: OTEL_* variables first, TACHOGRAPH_* where OpenTelemetry has none; read once, at the edge."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import unquote, urlsplit

_log = logging.getLogger("tachograph")
Value = TypeVar("Value")

_NO_PAIRS: dict[str, str] = {}
DEFAULT_ENDPOINT = "http://127.0.0.1:4318"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one signal goes; an empty URL: nowhere."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 10.0
    gzip: bool = False


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
    """All that can be set."""

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


def read(environment: Mapping[str, str], *, endpoint: str | None = None, service_name: str | None = None) -> Settings:
    """Read the settings; a value that makes no sense is one warning that names it, and the default."""
    reader = _Reader(environment)
    reader.value("OTEL_EXPORTER_OTLP_PROTOCOL", _protocol, None)
    metrics, traces = reader.targets(endpoint)
    return Settings(
        disabled=reader.value("OTEL_SDK_DISABLED", _boolean, default=False),
        service_name=service_name or reader.text("OTEL_SERVICE_NAME"),
        resource=reader.value("OTEL_RESOURCE_ATTRIBUTES", _pairs, _NO_PAIRS),
        metrics=metrics,
        traces=traces,
        sampler=reader.value("OTEL_TRACES_SAMPLER", _sampler, "parentbased_always_on"),
        sampler_ratio=reader.value("OTEL_TRACES_SAMPLER_ARG", _ratio, 1.0),
        metric_interval_seconds=reader.value("OTEL_METRIC_EXPORT_INTERVAL", _milliseconds, 5.0),
        span_interval_seconds=reader.value("OTEL_BSP_SCHEDULE_DELAY", _milliseconds, 1.0),
        span_queue=reader.value("OTEL_BSP_MAX_QUEUE_SIZE", _positive, 8192),
        span_batch=reader.value("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", _positive, 512),
        attribute_length=reader.value("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", _positive, None),
        attribute_count=reader.value("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", _positive, 128),
        runtime=reader.value("TACHOGRAPH_RUNTIME_METRICS", _boolean, default=True),
        disabled_libraries=reader.value("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", _names, frozenset()),
        llm=_llm(reader),
        database=_database(reader),
    )


def _llm(reader: "_Reader") -> LlmSettings:
    return LlmSettings(
        capture_content=reader.value("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", _content, default=False),
        content_characters=reader.value("TACHOGRAPH_LLM_CONTENT_CHARACTERS", _positive, 4096),
        redact_patterns=reader.value("TACHOGRAPH_LLM_REDACT", _patterns, ()),
        providers=reader.value("TACHOGRAPH_LLM_PROVIDERS", _pairs, _NO_PAIRS),
        prices_file=reader.text("TACHOGRAPH_LLM_PRICES"),
        budget_usd=reader.value("TACHOGRAPH_LLM_BUDGET_USD", _amount, None),
    )


def _database(reader: "_Reader") -> DatabaseSettings:
    return DatabaseSettings(
        slow_seconds=reader.value("TACHOGRAPH_DB_SLOW_SECONDS", _amount, 1.0),
        transaction_seconds=reader.value("TACHOGRAPH_DB_TRANSACTION_SECONDS", _amount, 10.0),
        repeats=reader.value("TACHOGRAPH_DB_REPEATS", _positive, 10),
        transaction_spans=reader.value("TACHOGRAPH_DB_TRANSACTIONS", _boolean, default=False),
        explain=reader.value("TACHOGRAPH_DB_EXPLAIN", _boolean, default=False),
        explain_seconds=reader.value("TACHOGRAPH_DB_EXPLAIN_SECONDS", _amount, 600.0),
    )


class _Reader:
    """Reads variables, one warning for each that makes no sense."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str) -> str | None:
        return self._environment.get(name, "").strip() or None

    def value(self, name: str, parse: Callable[[str], Value], default: Value) -> Value:
        text = self.text(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            _log.warning("%s=%s: %s; going on with the default", name, text, error)
            return default

    def targets(self, endpoint: str | None) -> tuple[Target, Target]:
        base = self.value("OTEL_EXPORTER_OTLP_ENDPOINT", _url, DEFAULT_ENDPOINT)
        if endpoint is not None:
            base = _Reader({"endpoint": endpoint}).value("endpoint", _url, DEFAULT_ENDPOINT)
        headers = self.value("OTEL_EXPORTER_OTLP_HEADERS", _pairs, _NO_PAIRS)
        timeout = self.value("OTEL_EXPORTER_OTLP_TIMEOUT", _milliseconds, 10.0)
        gzip = self.value("OTEL_EXPORTER_OTLP_COMPRESSION", _compression, default=False)

        def target(signal: str) -> Target:
            url = f"{base.rstrip('/')}/v1/{signal.lower()}"
            if endpoint is None:
                url = self.value(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", _url, url)
            if self.text(f"OTEL_{signal}_EXPORTER") == "none":
                url = ""
            own = self.value(f"OTEL_EXPORTER_OTLP_{signal}_HEADERS", _pairs, _NO_PAIRS)
            return Target(url, headers | own, timeout, gzip)

        return target("METRICS"), target("TRACES")


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise ValueError("it must be true or false")


def _content(text: str) -> bool:
    if text.lower() in ("true", "1", "span_only", "span_and_event"):
        return True
    if text.lower() in ("false", "0", "no_content"):
        return False
    raise ValueError("it must be true, false, NO_CONTENT, SPAN_ONLY or SPAN_AND_EVENT; there are no events")


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(line.strip() for line in text.splitlines() if line.strip())
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return patterns


def _amount(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError("it must be a number above 0")
    return number


def _url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("it must be a URL that begins with http:// or https://")
    return text


def _sampler(text: str) -> str:
    if text.removeprefix("parentbased_") not in ("always_on", "always_off", "traceidratio"):
        raise ValueError("it must be always_on, always_off or traceidratio, each also with parentbased_ before it")
    return text


def _ratio(text: str) -> float:
    ratio = float(text)
    if not 0 <= ratio <= 1:
        raise ValueError("it must be a number from 0 to 1")
    return ratio


def _milliseconds(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise ValueError("it must be a number of milliseconds above 0")
    return number / 1000


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("it must be a whole number above 0")
    return number


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for part in text.split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError(f"{part!r} is not key=value")
        pairs[key.strip()] = unquote(value.strip())
    return pairs


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _compression(text: str) -> bool:
    if text not in ("gzip", "none"):
        raise ValueError("it must be gzip or none")
    return text == "gzip"


def _protocol(text: str) -> None:
    if text != "http/protobuf":
        raise ValueError("Tachograph's own pipeline speaks http/protobuf")
