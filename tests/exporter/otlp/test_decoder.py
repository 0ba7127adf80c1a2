"""Whatever bytes come, the receiver answers, and what it then publishes is well formed and adds up."""

import gzip
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from prometheus_client.parser import text_string_to_metric_families

from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.otlp.spans import traces_json

from .exports import JSON, Exporter, attributes, counter, gauge, histogram, request

FEW = settings(max_examples=200, deadline=None)
ANSWERS = {200, 400, 413}

TEXT = st.text(max_size=6)
VALUES = st.one_of(TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.binary(max_size=6))
ATTRIBUTES = st.dictionaries(TEXT, VALUES, max_size=3)
UNSIGNED = st.one_of(st.integers(0, 5), st.integers(0, 2**64 - 1))
SIGNED = st.integers(-(2**31), 2**31 - 1)
NUMBERS = st.one_of(st.floats(), st.integers(0, 10).map(float))


@st.composite
def exemplars(draw: st.DrawFn) -> dict[str, object]:
    return {
        "as_double": draw(NUMBERS),
        "trace_id": draw(st.binary(max_size=20)),
        "span_id": draw(st.binary(max_size=20)),
        "time_unix_nano": draw(UNSIGNED),
        "filtered_attributes": attributes(draw(ATTRIBUTES)),
    }


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    """Any metric, sensible or not; names from a few, so that they meet."""
    metric = Metric(
        name=draw(st.sampled_from(["jobs", "jobs.total", "waits", ""]) | TEXT),
        unit=draw(st.sampled_from(["s", "By", "1", "{x}/s", ""]) | TEXT),
        description=draw(TEXT),
    )
    kind = draw(st.sampled_from(["gauge", "sum", "histogram", "exponential_histogram", "summary"]))
    data = getattr(metric, kind)
    data.SetInParent()
    if kind not in ("gauge", "summary"):
        data.aggregation_temporality = draw(st.integers(0, 2))
    if kind == "sum":
        data.is_monotonic = draw(st.booleans())
    for _ in range(draw(st.integers(0, 3))):
        point = data.data_points.add()
        point.attributes.extend(attributes(draw(ATTRIBUTES)))
        point.start_time_unix_nano, point.time_unix_nano = draw(UNSIGNED), draw(UNSIGNED)
        point.flags = draw(st.integers(0, 1))
        if kind != "summary":
            for exemplar in draw(st.lists(exemplars(), max_size=2)):
                point.exemplars.add(**exemplar)
        fill(draw, kind, point)
    return metric


def fill(draw: st.DrawFn, kind: str, point: Any) -> None:
    """Give a point its values; the counts often match, for else nothing would ever be counted."""
    if kind in ("gauge", "sum"):
        point.as_double = draw(NUMBERS)
        return
    counts = draw(st.lists(UNSIGNED, max_size=4))
    point.sum = draw(NUMBERS)
    point.count = draw(UNSIGNED | st.just(min(sum(counts), 2**64 - 1)))
    if kind == "histogram":
        point.bucket_counts.extend(counts)
        bounds = draw(st.lists(st.floats(), max_size=4) | st.just([float(place) for place in range(len(counts) - 1)]))
        point.explicit_bounds.extend(bounds)
    elif kind == "exponential_histogram":
        point.scale = draw(st.integers(-12, 22) | SIGNED)
        point.zero_threshold = draw(NUMBERS)
        side = draw(st.sampled_from([point.positive, point.negative]))
        side.offset = draw(st.integers(-5, 5) | SIGNED)
        side.bucket_counts.extend(counts)
    else:
        for quantile in draw(st.lists(NUMBERS, max_size=2)):
            point.quantile_values.add(quantile=quantile, value=draw(NUMBERS))


REQUESTS = st.builds(
    lambda given, resource: request(*given, resource=resource).SerializeToString(),
    st.lists(metrics(), max_size=4),
    ATTRIBUTES,
)
REGULAR = request(
    counter("jobs", 3, labels={"a": "b"}), gauge("heat", 1.0), histogram("waits", [1, 2, 3], total=4.5)
).SerializeToString()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good request with some of its bytes changed, and perhaps its end cut off."""
    body = bytearray(REGULAR)
    for place in draw(st.lists(st.integers(0, len(body) - 1), max_size=4)):
        body[place] = draw(st.integers(0, 255))
    return bytes(body[: draw(st.integers(0, len(body)))])


def check_published(exporter: Exporter) -> None:
    """Hold what is published to prometheus-client's parser: no family twice, no counter below zero."""
    text = TextWriter().write(exporter.store.metrics()).decode()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    for family in families:
        for sample in family.samples:
            if family.type == "counter" or sample.name.endswith("_bucket"):
                assert sample.value >= 0


@FEW
@given(st.lists(st.binary(max_size=200) | damaged(), min_size=1, max_size=3))
def test_no_bytes_break_the_decoder(bodies: list[bytes]) -> None:
    exporter = Exporter()
    statuses = {exporter.post(body).status for body in bodies}
    assert statuses <= ANSWERS
    check_published(exporter)


@FEW
@given(st.lists(REQUESTS, min_size=1, max_size=3))
def test_no_metric_breaks_the_store(bodies: list[bytes]) -> None:
    exporter = Exporter()
    replies = [exporter.post(body) for body in bodies]
    assert {reply.status for reply in replies} == {200}
    check_published(exporter)


@FEW
@given(st.lists(REQUESTS, min_size=1, max_size=2))
def test_every_point_is_accepted_or_refused_with_a_reason(bodies: list[bytes]) -> None:
    exporter = Exporter()
    for body in bodies:
        exporter.post(body)
    points = 0
    for body in bodies:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metric in resource.scope_metrics[0].metrics:
                points += len(getattr(metric, metric.WhichOneof("data") or "").data_points)
    tally = exporter.store.tally
    assert tally.points["metrics"] + tally.refused.total() == points


@FEW
@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder_of_spans(body: bytes) -> None:
    exporter = Exporter()
    assert exporter.post(body, "/v1/traces").status in ANSWERS
    assert set(traces_json(exporter.traces)) == {"traces", "slowest"}


@FEW
@given(st.binary(max_size=60), st.sampled_from(["trace_id", "name", "attributes"]))
def test_no_span_breaks_the_ring(noise: bytes, where: str) -> None:
    exporter = Exporter()
    message = ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add(name="x", trace_id=b"1" * 16)
    if where == "attributes":
        span.attributes.add(key="k").value.bytes_value = noise
    elif where == "trace_id":
        span.trace_id = noise
    body = message.SerializeToString()
    if where == "name":
        body = body.replace(b"\x2a\x01x", b"\x2a\x01" + noise[:1]) if noise else body
    assert exporter.post(body, "/v1/traces").status == 200
    assert len(traces_json(exporter.traces)["traces"]) == 1


@FEW
@given(st.binary(max_size=100) | st.text(max_size=50).map(str.encode))
def test_no_bytes_break_the_decoder_of_json(body: bytes) -> None:
    assert Exporter().post(body, content_type=JSON).status in ANSWERS


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@FEW
@given(st.sampled_from(["resourceMetrics", "resourceSpans", "traceId"]), JSON_VALUES)
def test_no_json_document_breaks_the_decoder(key: str, value: object) -> None:
    body = json.dumps({key: value}).encode()
    assert Exporter().post(body, content_type=JSON).status in ANSWERS


@FEW
@given(st.binary(max_size=100), st.integers(0, 60))
def test_no_gzip_breaks_the_decoder(noise: bytes, cut: int) -> None:
    body = gzip.compress(REGULAR)
    assert Exporter().post(body[:cut] + noise, content_encoding="gzip").status in ANSWERS
