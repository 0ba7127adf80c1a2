"""OpenTelemetry's page "Prometheus and OpenMetrics Compatibility", OTLP Metric points to Prometheus, rule by rule.

Each case names the section and the rule in our words, sends what it is about, and shows what Prometheus reads.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tachograph_exporter.exposition.text import OpenMetricsWriter
from tachograph_exporter.otlp import Options

from .exports import CUMULATIVE, DELTA, Exporter, When, attribute, counter, gauge, histogram

OWN = ("tachograph_otlp_", "tachograph_store_")


@dataclass(frozen=True)
class Rule:
    """What is sent and what is then read, without the exporter's own metrics and, unless asked for, target_info."""

    section: str
    says: str
    sent: tuple[Metric, ...]
    read: str
    resource: dict[str, Any] | None = None
    scope: dict[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    target: bool = False


def described(metric: Metric, description: str) -> Metric:
    metric.description = description
    return metric


def hinted(metric: Metric, kind: str) -> Metric:
    metric.metadata.append(attribute("prometheus.type", kind))
    return metric


def stale(metric: Metric) -> Metric:
    metric.gauge.data_points[0].flags = 1
    return metric


def summary() -> Metric:
    metric = Metric(name="waits", unit="s")
    point = metric.summary.data_points.add(count=7, sum=3.5, **When().fields)
    for quantile, value in ((0.99, 2.0), (0.5, 0.25)):
        point.quantile_values.add(quantile=quantile, value=value)
    return metric


def exponential(temporality: int) -> Metric:
    metric = Metric(name="waits", unit="s")
    metric.exponential_histogram.aggregation_temporality = temporality  # type: ignore[assignment]
    point = metric.exponential_histogram.data_points.add(
        count=10, sum=17.5, scale=0, zero_count=1, zero_threshold=0.0, **When().fields
    )
    point.positive.offset = -1  # (0.5, 1], (1, 2], (2, 4]
    point.positive.bucket_counts.extend([4, 3, 2])
    return metric


def value(given: Any) -> AnyValue:
    return attribute("", given).value


NESTED = AnyValue(
    kvlist_value=KeyValueList(
        values=[attribute("a", float("-inf")), attribute("b", 2), attribute("c", AnyValue()), attribute("d", b"hi")]
    )
)
ARRAY = AnyValue(array_value=ArrayValue(values=[value(1), value("a"), value(True)]))  # noqa: FBT003

EXPONENTIAL = """\
# HELP waits_seconds 
# TYPE waits_seconds histogram
waits_seconds_bucket{le="0.001",service_name="shop"} 1.0
waits_seconds_bucket{le="0.0025",service_name="shop"} 1.0
waits_seconds_bucket{le="0.005",service_name="shop"} 1.0
waits_seconds_bucket{le="0.01",service_name="shop"} 1.0
waits_seconds_bucket{le="0.025",service_name="shop"} 1.0
waits_seconds_bucket{le="0.05",service_name="shop"} 1.0
waits_seconds_bucket{le="0.1",service_name="shop"} 1.0
waits_seconds_bucket{le="0.2",service_name="shop"} 1.0
waits_seconds_bucket{le="0.5",service_name="shop"} 1.0
waits_seconds_bucket{le="1.0",service_name="shop"} 5.0
waits_seconds_bucket{le="2.0",service_name="shop"} 8.0
waits_seconds_bucket{le="3.0",service_name="shop"} 8.0
waits_seconds_bucket{le="5.0",service_name="shop"} 10.0
waits_seconds_bucket{le="10.0",service_name="shop"} 10.0
waits_seconds_bucket{le="30.0",service_name="shop"} 10.0
waits_seconds_bucket{le="100.0",service_name="shop"} 10.0
waits_seconds_bucket{le="+Inf",service_name="shop"} 10.0
waits_seconds_count{service_name="shop"} 10.0
waits_seconds_sum{service_name="shop"} 17.5
"""  # noqa: W291 - the format writes a space before an empty help text

RULES = (
    Rule(
        "Metric Metadata",
        "one name has one TYPE: points of another type are dropped",
        (counter("jobs", 1), gauge("jobs_total", 2.0)),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{service_name="shop"} 1.0\n',
    ),
    Rule(
        "Metric Metadata",
        "so do the names of a histogram's samples, and a counter's name without _total",
        (histogram("waits", [1], bounds=()), gauge("waits_seconds.count", 2.0), gauge("a", 1.0), counter("a", 1)),
        "# HELP waits_seconds \n# TYPE waits_seconds histogram\n"
        'waits_seconds_bucket{le="+Inf",service_name="shop"} 1.0\n'
        'waits_seconds_count{service_name="shop"} 1.0\nwaits_seconds_sum{service_name="shop"} 0.0\n'
        '# HELP a \n# TYPE a gauge\na{service_name="shop"} 1.0\n',
    ),
    Rule(
        "Metric Metadata",
        "of two HELPs one is dropped, but no point",
        (described(counter("jobs", 1), "Jobs."), described(counter("jobs", 2, labels={"a": "b"}), "Work.")),
        "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\n"
        'jobs_total{service_name="shop"} 1.0\njobs_total{a="b",service_name="shop"} 2.0\n',
    ),
    Rule(
        "Metric Metadata",
        "characters that are discouraged become underscores, several become one, a colon stays",
        (counter("my.jobs-of  x:y__z", 1),),
        "# HELP my_jobs_of_x:y_z_total \n# TYPE my_jobs_of_x:y_z_total counter\n"
        'my_jobs_of_x:y_z_total{service_name="shop"} 1.0\n',
    ),
    Rule(
        "Metric Metadata",
        "a name does not begin with a digit",
        (gauge("2xx", 1.0),),
        '# HELP _2xx \n# TYPE _2xx gauge\n_2xx{service_name="shop"} 1.0\n',
    ),
    Rule(
        "Metric Metadata",
        "the description is the HELP",
        (described(counter("jobs", 1), "Jobs\nthat ran."),),
        '# HELP jobs_total Jobs\\nthat ran.\n# TYPE jobs_total counter\njobs_total{service_name="shop"} 1.0\n',
    ),
    Rule(
        "Instrumentation Scope",
        "name, version, schema URL and attributes of the scope are labels",
        (counter("jobs", 1),),
        "# HELP jobs_total \n# TYPE jobs_total counter\n"
        'jobs_total{otel_scope_name="lib",otel_scope_schema_url="http://s",otel_scope_the_key="v",'
        'otel_scope_version="1",service_name="shop"} 1.0\n',
        scope={"name": "lib", "version": "1", "schema_url": "http://s", "attributes": {"the.key": "v"}},
    ),
    Rule(
        "Instrumentation Scope",
        "a scope attribute that would collide with name, version or schema URL is dropped",
        (counter("jobs", 1),),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{otel_scope_name="lib",service_name="shop"} 1.0\n',
        scope={"name": "lib", "attributes": {"name": "x", "version": "x", "schema.url": "x"}},
    ),
    Rule(
        "Instrumentation Scope",
        "the labels can be switched off",
        (counter("jobs", 1),),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{service_name="shop"} 1.0\n',
        scope={"name": "lib", "version": "1"},
        options=Options(scope_labels=False),
    ),
    Rule(
        "Gauges",
        "a gauge is a gauge",
        (gauge("heat", 1.5, unit="Cel"),),
        '# HELP heat_celsius \n# TYPE heat_celsius gauge\nheat_celsius{service_name="shop"} 1.5\n',
    ),
    Rule(
        "Gauges",
        "one that was of unknown type is of unknown type",
        (hinted(gauge("heat", 1.5), "unknown"),),
        '# HELP heat \n# TYPE heat untyped\nheat{service_name="shop"} 1.5\n',
    ),
    Rule(
        "Gauges",
        "one that was an info or a stateset is a gauge, as the text format has neither",
        (hinted(gauge("build", 1.0), "info"), hinted(gauge("state", 1.0), "stateset")),
        '# HELP build_info \n# TYPE build_info gauge\nbuild_info{service_name="shop"} 1.0\n'
        '# HELP state \n# TYPE state gauge\nstate{service_name="shop"} 1.0\n',
    ),
    Rule(
        "Gauges",
        "a series whose point says that it has no value is gone",
        (gauge("heat", 1.5, When(0, 1)), stale(gauge("heat", 0.0, When(0, 2)))),
        "",
    ),
    Rule(
        "Sums",
        "a cumulative monotonic sum is a counter",
        (counter("jobs", 5),),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{service_name="shop"} 5.0\n',
    ),
    Rule(
        "Sums",
        "a cumulative sum that is not monotonic is a gauge",
        (counter("open", 5, monotonic=False),),
        '# HELP open \n# TYPE open gauge\nopen{service_name="shop"} 5.0\n',
    ),
    Rule(
        "Sums",
        "monotonic delta sums are added up to a counter",
        (counter("jobs", 5, When(0, 1), temporality=DELTA), counter("jobs", 2, When(1, 2), temporality=DELTA)),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{service_name="shop"} 7.0\n',
    ),
    Rule(
        "Sums",
        "a name that ends in _total stays as it is, and the unit comes before",
        (counter("jobs_total", 1), counter("time.total", 2, unit="s"), counter("io.bytes_total", 3, unit="By")),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{service_name="shop"} 1.0\n'
        '# HELP time_seconds_total \n# TYPE time_seconds_total counter\ntime_seconds_total{service_name="shop"} 2.0\n'
        '# HELP io_bytes_total \n# TYPE io_bytes_total counter\nio_bytes_total{service_name="shop"} 3.0\n',
    ),
    Rule(
        "Histograms",
        "counts become cumulative, the bounds upper limits, and count and sum are what they were",
        (histogram("waits", [1, 2, 3], total=4.5),),
        "# HELP waits_seconds \n# TYPE waits_seconds histogram\n"
        'waits_seconds_bucket{le="0.1",service_name="shop"} 1.0\n'
        'waits_seconds_bucket{le="1.0",service_name="shop"} 3.0\n'
        'waits_seconds_bucket{le="+Inf",service_name="shop"} 6.0\n'
        'waits_seconds_count{service_name="shop"} 6.0\nwaits_seconds_sum{service_name="shop"} 4.5\n',
    ),
    Rule(
        "Histograms",
        "delta histograms are added up",
        (
            histogram("waits", [1], When(0, 1), bounds=(), total=2.0, temporality=DELTA),
            histogram("waits", [2], When(1, 2), bounds=(), total=2.5, temporality=DELTA),
        ),
        "# HELP waits_seconds \n# TYPE waits_seconds histogram\n"
        'waits_seconds_bucket{le="+Inf",service_name="shop"} 3.0\n'
        'waits_seconds_count{service_name="shop"} 3.0\nwaits_seconds_sum{service_name="shop"} 4.5\n',
    ),
    Rule(
        "Exponential Histograms",
        "where native histograms cannot be written they are converted to fixed buckets",
        (exponential(CUMULATIVE),),
        EXPONENTIAL,
    ),
    Rule("Exponential Histograms", "delta ones are added up", (exponential(DELTA),), EXPONENTIAL),
    Rule(
        "Summaries",
        "count, sum and quantiles are converted, the lowest quantile first",
        (summary(),),
        "# HELP waits_seconds \n# TYPE waits_seconds summary\n"
        'waits_seconds{quantile="0.5",service_name="shop"} 0.25\n'
        'waits_seconds{quantile="0.99",service_name="shop"} 2.0\n'
        'waits_seconds_count{service_name="shop"} 7.0\nwaits_seconds_sum{service_name="shop"} 3.5\n',
    ),
    Rule(
        "Metric Attributes",
        "a key's discouraged characters become underscores, several become one, and it does not begin with a digit",
        (counter("jobs", 1, labels={"the..key-x": "v", "2nd": "w", "__a": "u"}),),
        "# HELP jobs_total \n# TYPE jobs_total counter\n"
        'jobs_total{_a="u",key_2nd="w",service_name="shop",the_key_x="v"} 1.0\n',
    ),
    Rule(
        "Metric Attributes",
        "values that are no strings are written as JSON",
        (counter("jobs", 1, labels={"b": True, "f": 1.5, "i": -3, "n": float("nan"), "raw": b"hi", "arr": ARRAY}),),
        "# HELP jobs_total \n# TYPE jobs_total counter\n"
        'jobs_total{arr="[1,\\"a\\",true]",b="true",f="1.5",i="-3",n="NaN",raw="aGk=",service_name="shop"} 1.0\n',
    ),
    Rule(
        "Metric Attributes",
        "maps are JSON objects; an empty value is an empty string, which to Prometheus is no label",
        (counter("jobs", 1, labels={"m": NESTED, "none": AnyValue(), "empty": ""}),),
        "# HELP jobs_total \n# TYPE jobs_total counter\n"
        'jobs_total{m="{\\"a\\":\\"-Infinity\\",\\"b\\":2,\\"c\\":null,\\"d\\":\\"aGk=\\"}",service_name="shop"} 1.0\n',
    ),
    Rule(
        "Metric Attributes",
        "keys that become one name give one label, the values in the order of the keys",
        (counter("jobs", 1, labels={"a_b": "3", "a.b": "2", "a-b": "1", "service.name": "mine"}),),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{a_b="1;2;3",service_name="mine;shop"} 1.0\n',
    ),
    Rule(
        "Metric Attributes",
        "keys that only differ before translation are one series, their values summed",
        (counter("jobs", 1, labels={"a.b": "x"}), counter("jobs", 2, labels={"a_b": "x"})),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{a_b="x",service_name="shop"} 3.0\n',
    ),
    Rule(
        "Metric Attributes",
        "the label that a histogram needs for itself is renamed as Prometheus renames it",
        (histogram("waits", [1], bounds=(), labels={"le": "x"}),),
        "# HELP waits_seconds \n# TYPE waits_seconds histogram\n"
        'waits_seconds_bucket{exported_le="x",le="+Inf",service_name="shop"} 1.0\n'
        'waits_seconds_count{exported_le="x",service_name="shop"} 1.0\n'
        'waits_seconds_sum{exported_le="x",service_name="shop"} 0.0\n',
    ),
    Rule(
        "Resource Attributes",
        "the resource is target_info; what tells processes apart is left out, and identity is on every series",
        (counter("jobs", 1),),
        "# HELP jobs_total \n# TYPE jobs_total counter\n"
        'jobs_total{deployment_environment_name="prod",service_name="shop",service_namespace="eu"} 1.0\n'
        "# HELP target_info The resource of a process that reports; "
        "it stands once where processes share all but their identity.\n# TYPE target_info gauge\n"
        'target_info{deployment_environment_name="prod",host_name="h",'
        'service_name="shop",service_namespace="eu"} 1.0\n',
        resource={
            "service.name": "shop",
            "service.namespace": "eu",
            "service.instance.id": "7",
            "process.pid": 1,
            "deployment.environment.name": "prod",
            "host.name": "h",
        },
        target=True,
    ),
    Rule(
        "Resource Attributes",
        "the instance can be kept",
        (counter("jobs", 1),),
        "# HELP jobs_total \n# TYPE jobs_total counter\n"
        'jobs_total{service_instance_id="7",service_name="shop"} 1.0\n'
        "# HELP target_info The resource of a process that reports; "
        "it stands once where processes share all but their identity.\n# TYPE target_info gauge\n"
        'target_info{process_pid="1",service_instance_id="7",service_name="shop"} 1.0\n',
        resource={"service.name": "shop", "service.instance.id": "7", "process.pid": 1},
        options=Options(instance_label=True),
        target=True,
    ),
    Rule(
        "Resource Attributes",
        "a process without a name has the one that SDKs give",
        (counter("jobs", 1),),
        '# HELP jobs_total \n# TYPE jobs_total counter\njobs_total{service_name="unknown_service"} 1.0\n',
        resource={},
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=[f"{rule.section}: {rule.says}" for rule in RULES])
def test_the_page_says(rule: Rule) -> None:
    exporter = Exporter(options=rule.options)
    exporter.send(*rule.sent, at=2, resource=rule.resource, scope=rule.scope)
    blocks = exporter.text().split("# HELP ")[1:]
    hidden = OWN if rule.target else (*OWN, "target_info")
    assert "".join(f"# HELP {block}" for block in blocks if not block.startswith(hidden)) == rule.read


UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tebibytes",
    "kBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "%": "percent",
    "m/s": "meters_per_second",
    "By/s": "bytes_per_second",
    "By/min": "bytes_per_minute",
    "{request}/s": "per_second",
    "{packet}": "",
    "By{of memory}": "bytes",
    "USD": "USD",
    "{USD}": "",
    "1": "ratio",
    "": "",
}


@pytest.mark.parametrize(("unit", "word"), UNITS.items())
def test_a_unit_is_written_in_words_behind_the_name(unit: str, word: str) -> None:
    exporter = Exporter()
    exporter.send(gauge("x", 1.0, unit=unit))
    assert exporter.samples("x") == {(f"x_{word}" if word else "x") + '{service_name="shop"}': 1.0}


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (gauge("io.bytes", 1.0, unit="By"), "io_bytes"),
        (gauge("cpu.ratio", 1.0, unit="1"), "cpu_ratio"),
        (counter("retries", 1, unit="1"), "retries_total"),
        (counter("cost", 1, unit="USD"), "cost_USD_total"),
        (counter("cost.usd", 1, unit="{USD}"), "cost_usd_total"),
        (counter("spent_seconds", 1, unit="s"), "spent_seconds_total"),
    ],
)
def test_a_unit_that_the_name_ends_in_is_not_repeated(metric: Metric, name: str) -> None:
    exporter = Exporter()
    exporter.send(metric)
    assert next(iter(exporter.samples(""))) == name + '{service_name="shop"}'


def openmetrics(exporter: Exporter, prefix: str) -> list[str]:
    text = OpenMetricsWriter().write(exporter.store.metrics()).decode()
    return [line for line in text.splitlines() if line.startswith(prefix) and " # " in line]


OPENMETRICS = (
    (counter("time.total", 2, unit="s"), ["# TYPE time_seconds counter", "# UNIT time_seconds seconds"]),
    (histogram("waits", [1], bounds=()), ["# TYPE waits_seconds histogram", "# UNIT waits_seconds seconds"]),
    (
        gauge("speed", 1.0, unit="m/s"),
        ["# TYPE speed_meters_per_second gauge", "# UNIT speed_meters_per_second meters_per_second"],
    ),
    (gauge("cpu.ratio", 1.0, unit="1"), ["# TYPE cpu_ratio gauge", "# UNIT cpu_ratio ratio"]),
    (gauge("seconds", 1.0, unit="s"), ["# TYPE seconds gauge"]),
    (gauge("open", 1.0, unit="{file}"), ["# TYPE open gauge"]),
    (hinted(gauge("build", 1.0, unit="1"), "info"), ["# TYPE build info"]),
)


@pytest.mark.parametrize(("metric", "metadata"), OPENMETRICS, ids=[metric.name for metric, _ in OPENMETRICS])
def test_openmetrics_knows_the_unit_and_what_is_information(metric: Metric, metadata: list[str]) -> None:
    exporter = Exporter()
    exporter.send(metric)
    text = OpenMetricsWriter().write(exporter.store.metrics()).decode()
    assert list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # the library's own lack
    lines = [line for line in text.splitlines() if line.startswith(("# TYPE", "# UNIT")) and "tachograph" not in line]
    assert lines == [*metadata, "# TYPE target info"]


def test_a_conflict_of_types_is_told_to_the_sender_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Exporter()
    told = [exporter.send(counter("jobs", 1, When(0, at)), gauge("jobs_total", 2.0, When(0, at))) for at in (1, 2)]
    assert [reply.rejected for reply in told] == [(1, "1: another type of metric has the name (jobs_total)")] * 2
    assert caplog.messages == [
        "received metric jobs_total is a counter to some and a gauge to others, whose points are refused"
    ]


TRACE, SPAN = bytes(range(16)), bytes(range(8))
IDS = 'span_id="0001020304050607",trace_id="000102030405060708090a0b0c0d0e0f"'


def test_exemplars_stand_with_their_bucket_the_newest_of_each() -> None:
    exporter = Exporter()
    metric = histogram("waits", [1, 2, 0], total=0.5)
    for observed, at in ((0.05, 1), (0.5, 2), (0.6, 3)):
        metric.histogram.data_points[0].exemplars.add(
            as_double=observed, time_unix_nano=at * 10**9, trace_id=TRACE, span_id=SPAN
        )
    exporter.send(metric)
    assert openmetrics(exporter, "waits") == [
        f'waits_seconds_bucket{{le="0.1",service_name="shop"}} 1.0 # {{{IDS}}} 0.05 1.0',
        f'waits_seconds_bucket{{le="1.0",service_name="shop"}} 3.0 # {{{IDS}}} 0.6 3.0',
    ]


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({"user.id": 7}, f'{IDS},user_id="7"'),
        ({"trace_id": "mine"}, IDS),
        ({"long": "x" * 100}, IDS),
    ],
)
def test_filtered_attributes_of_an_exemplar_are_kept_where_they_fit(given: dict[str, Any], labels: str) -> None:
    exporter = Exporter()
    metric = histogram("waits", [1], bounds=())
    metric.histogram.data_points[0].exemplars.add(
        as_int=3,
        time_unix_nano=10**9,
        trace_id=TRACE,
        span_id=SPAN,
        filtered_attributes=[attribute(key, value) for key, value in given.items()],
    )
    exporter.send(metric)
    assert openmetrics(exporter, "waits") == [
        f'waits_seconds_bucket{{le="+Inf",service_name="shop"}} 1.0 # {{{labels}}} 3.0 1.0'
    ]


def test_the_newest_exemplar_of_a_counter_is_kept() -> None:
    exporter = Exporter()
    metric = counter("jobs", 3)
    for observed in (1, 2):
        metric.sum.data_points[0].exemplars.add(as_int=observed, trace_id=TRACE, span_id=SPAN)
    exporter.send(metric)
    assert openmetrics(exporter, "jobs") == [f'jobs_total{{service_name="shop"}} 3.0 # {{{IDS}}} 2.0']


def test_exemplars_of_gauges_are_dropped() -> None:
    exporter = Exporter()
    metric = gauge("heat", 3.0)
    metric.gauge.data_points[0].exemplars.add(as_int=1, trace_id=TRACE)
    exporter.send(metric)
    assert openmetrics(exporter, "heat") == []
