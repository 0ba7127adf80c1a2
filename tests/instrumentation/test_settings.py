"""Settings: OpenTelemetry's variables first; what makes no sense is one warning that names it, and the default."""

from dataclasses import replace
from pathlib import Path

import pytest

import tachograph
from tachograph import settings
from tests.fixtures.telemetry import Receiver, Sdk

BAD = {
    "OTEL_METRIC_EXPORT_INTERVAL": "soon",
    "OTEL_BSP_SCHEDULE_DELAY": "-1",
    "OTEL_BSP_MAX_QUEUE_SIZE": "0",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1.5",
    "OTEL_EXPORTER_OTLP_HEADERS": "no-equals-sign",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "long",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "zip",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "pigeon",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere",
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "nan",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "7",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "Authorization: Bearer key",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://name:key@collector:99999",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:none",
    "OTEL_ATTRIBUTE_COUNT_LIMIT": "-1",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "1e3",
    "OTEL_RESOURCE_ATTRIBUTES": "team",
    "OTEL_SDK_DISABLED": "perhaps",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "0",
    "OTEL_TRACES_SAMPLER": "sometimes",
    "OTEL_TRACES_SAMPLER_ARG": "2",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "tempo",
    "TACHOGRAPH_RUNTIME_METRICS": "a little",
    "TACHOGRAPH_DB_SLOW_SECONDS": "nan",
    "TACHOGRAPH_DB_REPEATS": "often",
    "TACHOGRAPH_LLM_BUDGET_USD": "inf",
    "TACHOGRAPH_LLM_PROVIDERS": "localhost",
    "TACHOGRAPH_LLM_REDACT": "(",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "EVENT_ONLY",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_one_warning_that_names_it_and_the_default(name: str, caplog: pytest.LogCaptureFixture) -> None:
    read = settings.read({name: BAD[name]})
    (said,) = [record.getMessage() for record in caplog.records]
    assert (said.partition(":")[0].partition("=")[0], "default" in said, "key@" in said, "Bearer" in said) == (
        name,
        True,
        False,
        False,
    )
    assert read == settings.read({})


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "1e300", "0"])
def test_what_no_clock_can_wait_for_is_a_bad_value(text: str, caplog: pytest.LogCaptureFixture) -> None:
    assert settings.read({"OTEL_METRIC_EXPORT_INTERVAL": text}) == settings.read({})
    assert len(caplog.messages) == 1


def test_every_variable_of_opentelemetry_is_heard(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (file := tmp_path / "file.pem").touch()
    read = settings.read(
        {
            "OTEL_SDK_DISABLED": "TRUE",
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_RESOURCE_ATTRIBUTES": "team=a%20b, tier=1,",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://name:k%40y@collector/otlp",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1000",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(file),
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2000",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": str(file),
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": str(file),
            "OTEL_TRACES_SAMPLER": "traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.25",
            "OTEL_METRICS_EXPORTER": "otlp,console",
            "OTEL_METRIC_EXPORT_INTERVAL": "60000",
            "OTEL_BSP_SCHEDULE_DELAY": "500",
            "OTEL_BSP_MAX_QUEUE_SIZE": "7",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "3",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "10",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "20",
            "OTEL_ATTRIBUTE_COUNT_LIMIT": "5",
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "tachograph_redis, *",
        }
    )
    headers = {"Authorization": "Basic bmFtZTprQHk="}
    assert read == replace(
        settings.read({}),
        disabled=True,
        service_name="shop",
        resource={"team": "a b", "tier": "1"},
        metrics=settings.Target("https://collector/otlp/v1/metrics", headers, 1.0, gzip=True, certificate=str(file)),
        traces=settings.Target(
            "https://collector/otlp/v1/traces",
            headers,
            2.0,
            certificate=str(file),
            client_certificate=str(file),
            client_key=str(file),
        ),
        sampler="traceidratio",
        sampler_ratio=0.25,
        metric_interval_seconds=60.0,
        span_interval_seconds=0.5,
        span_queue=7,
        span_batch=3,
        attribute_length=20,
        attribute_count=5,
        disabled_libraries=frozenset({"tachograph_redis", "*"}),
    )
    assert caplog.messages == []


def test_what_the_pipeline_does_not_do_is_said_once_it_is_started(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, receiver: Receiver
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    sdk = Sdk()
    said = []
    for way in ("sdk", "lean"):
        if way == "sdk":
            tachograph.instrument(tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider)
        else:
            tachograph.setup("test", receiver.url)
        tachograph.uninstrument()
        tachograph.shutdown()
        said.append([message.partition(":")[0] for message in caplog.messages])
    sdk.close()
    assert said == [[], ["OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_TRACES_EXPORTER=console"]]


def test_an_endpoint_that_is_no_url_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    read = settings.read({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"})
    (said,) = [record.getMessage() for record in caplog.records]
    assert "collector:4318: it must be a URL" in said
    assert (read.metrics.url, read.traces.url) == (
        "http://127.0.0.1:4318/v1/metrics",
        "http://127.0.0.1:4318/v1/traces",
    )


def test_endpoints_of_one_signal_are_taken_as_they_are() -> None:
    read = settings.read(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318/",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://tempo:4318/otlp",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1,b=2",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=3",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2500",
        }
    )
    assert (read.metrics, read.traces) == (
        settings.Target("https://collector:4318/v1/metrics", {"a": "1", "b": "2"}, 2.5),
        settings.Target("http://tempo:4318/otlp", {"a": "1", "b": "3"}, 2.5),
    )


def test_what_the_code_says_comes_before_the_environment() -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://other:1", "OTEL_SERVICE_NAME": "other"}
    read = settings.read(environment, endpoint="http://this:2", service_name="this")
    assert (read.metrics.url, read.service_name) == ("http://this:2/v1/metrics", "this")


def test_opentelemetrys_defaults_but_where_an_operator_would_wait() -> None:
    read = settings.read({})
    assert (read.metric_interval_seconds, read.span_batch, read.attribute_count, read.sampler) == (
        5.0,
        512,
        128,
        "parentbased_always_on",
    )
