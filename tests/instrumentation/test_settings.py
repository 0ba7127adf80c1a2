"""Settings: OpenTelemetry's variables first; what makes no sense is one warning that names it, and the default."""

import pytest

from tachograph import settings

BAD = {
    "OTEL_METRIC_EXPORT_INTERVAL": "soon",
    "OTEL_BSP_SCHEDULE_DELAY": "-1",
    "OTEL_BSP_MAX_QUEUE_SIZE": "0",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1.5",
    "OTEL_EXPORTER_OTLP_HEADERS": "no-equals-sign",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "long",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "zip",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    "OTEL_RESOURCE_ATTRIBUTES": "team",
    "OTEL_SDK_DISABLED": "perhaps",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "0",
    "OTEL_TRACES_SAMPLER": "sometimes",
    "OTEL_TRACES_SAMPLER_ARG": "2",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "tempo",
    "TACHOGRAPH_RUNTIME_METRICS": "a little",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_one_warning_that_names_it_and_the_default(name: str, caplog: pytest.LogCaptureFixture) -> None:
    read = settings.read({name: BAD[name]})
    (said,) = [record.getMessage() for record in caplog.records]
    assert (said.startswith(f"{name}={BAD[name]}: "), "default" in said) == (True, True)
    assert read == settings.read({})


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
