"""What a sender is told, whatever it sends; and that the next sender is served as if nothing had happened."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tachograph_exporter.otlp import Options
from tachograph_exporter.otlp.memory import Memory

from .exports import JSON, PROTOBUF, Exporter, Reply, attribute, counter, gauge, histogram, request

GOOD = request(counter("jobs", 1)).SerializeToString()


def told(reply: Reply) -> tuple[int, str]:
    """Return an error's HTTP status and message, whichever encoding it has."""
    if reply.headers["content-type"] == PROTOBUF:
        return reply.status, Status.FromString(reply.body).message
    assert reply.headers["content-type"] == JSON
    return reply.status, str(json.loads(reply.body)["message"])


def test_metrics_in_protobuf_are_taken() -> None:
    exporter = Exporter()
    assert (exporter.post(GOOD), exporter.samples("jobs")) == (
        Reply(200, {"content-type": PROTOBUF, "content-length": "0"}, b""),
        {'jobs_total{service_name="shop"}': 1},
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", "", "GZIP"])
def test_content_encodings_are_undone(encoding: str) -> None:
    exporter = Exporter()
    body = {"gzip": gzip.compress(GOOD), "deflate": zlib.compress(GOOD)}.get(encoding.lower(), GOOD)
    reply = exporter.post(body, content_encoding=encoding, content_type=f"{PROTOBUF}; charset=x")
    assert (reply.status, exporter.samples("jobs")) == (200, {'jobs_total{service_name="shop"}': 1})


def test_metrics_in_json_are_taken() -> None:
    exporter = Exporter()
    waits = histogram("waits", [1], bounds=())
    waits.histogram.data_points[0].exemplars.add(as_double=2.0, trace_id=bytes(16), span_id=bytes(8))
    document = MessageToDict(request(counter("jobs", 2, labels={"a": "b"}), waits), use_integers_for_enums=True)
    point = document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][1]["histogram"]["dataPoints"][0]
    point["exemplars"][0] |= {"traceId": "0102" * 8, "spanId": "0a" * 8}
    reply = exporter.post(json.dumps(document).encode(), content_type=JSON)
    assert (reply.status, reply.headers["content-type"], json.loads(reply.body)) == (200, JSON, {})
    assert exporter.samples("jobs") | exporter.samples("waits_seconds_count") == {
        'jobs_total{a="b",service_name="shop"}': 2,
        'waits_seconds_count{service_name="shop"}': 1,
    }


def test_json_says_what_was_not_counted() -> None:
    document = MessageToDict(request(counter("jobs", -1)), use_integers_for_enums=True)
    reply = Exporter().post(json.dumps(document).encode(), content_type=JSON)
    partial = {"rejectedDataPoints": "1", "errorMessage": "1: a counter cannot be negative (jobs)"}
    assert json.loads(reply.body) == {"partialSuccess": partial}


def test_logs_are_refused_politely() -> None:
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add()
    reply = Exporter().post(logs.SerializeToString(), "/v1/logs")
    partial = ExportLogsServiceResponse.FromString(reply.body).partial_success
    assert (reply.status, partial.rejected_log_records, partial.error_message) == (200, 1, "Tachograph keeps no logs")


def misdrawn(**fields: Any) -> bytes:
    message = request(histogram("waits", [1, 2, 3]), counter("jobs", 1))
    point = message.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points[0]
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(point, name)[:] = value
        else:
            setattr(point, name, value)
    return message.SerializeToString()


PARTLY = {
    "fewer counts than bounds": (misdrawn(bucket_counts=[1, 5]), "bucket counts do not match"),
    "counts that do not add up": (misdrawn(count=7), "bucket counts do not match"),
    "bounds that do not ascend": (misdrawn(explicit_bounds=[1.0, 0.1]), "bucket counts do not match"),
    "bounds that are not numbers": (misdrawn(explicit_bounds=[0.1, float("nan")]), "bucket counts do not match"),
    "more counts than numbers go": (misdrawn(count=2**63 + 5, bucket_counts=[2**63, 2, 3]), "out of range"),
    "a sum that is not a number": (misdrawn(sum=float("nan")), "not a finite number"),
    "an infinite sum": (misdrawn(sum=float("inf")), "not a finite number"),
    "a negative counter": (request(counter("x", -1), counter("jobs", 1)).SerializeToString(), "cannot be negative"),
    "a negative delta": (
        request(counter("x", -1.5, temporality=1), counter("jobs", 1)).SerializeToString(),
        "cannot be negative",
    ),
    "a counter that is not a number": (
        request(counter("x", float("nan")), counter("jobs", 1)).SerializeToString(),
        "not a finite number",
    ),
    "a sum without temporality": (
        request(counter("x", 1, temporality=0), counter("jobs", 1)).SerializeToString(),
        "neither delta nor cumulative",
    ),
    "a metric without a name": (request(counter("", 1), counter("jobs", 1)).SerializeToString(), "has no name"),
    "a name of the exporter's own": (
        request(gauge("node.load1", 1), counter("jobs", 1)).SerializeToString(),
        "belongs to the exporter",
    ),
    "an attribute that is not UTF-8": (
        request(counter("x", 1, labels={"a": "\x01\x02"}), counter("jobs", 1))
        .SerializeToString()
        .replace(b"\x01\x02", b"\xff\xfe"),
        "not UTF-8",
    ),
    "a name that is not UTF-8": (
        request(counter("\x01\x02", 1), counter("jobs", 1)).SerializeToString().replace(b"\x01\x02", b"\xff\xfe"),
        "not UTF-8",
    ),
}


@pytest.mark.parametrize(("body", "reason"), PARTLY.values(), ids=PARTLY)
def test_one_bad_point_does_not_cost_the_others(body: bytes, reason: str) -> None:
    exporter = Exporter()
    reply = exporter.post(body)
    rejected, message = reply.rejected
    assert (reply.status, rejected, exporter.samples("jobs")) == (200, 1, {'jobs_total{service_name="shop"}': 1})
    assert message.startswith("1: ")
    assert reason in message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_gauge_may_be_any_number(value: float) -> None:
    exporter = Exporter()
    exporter.send(gauge("heat", value))
    assert [str(found) for found in exporter.samples("heat").values()] == [str(value)]


def bomb() -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(deflate.compress(bytes(1 << 20)) for _ in range(1 << 10)) + deflate.flush()


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


METRIC = (0x3A, 0x12, 0x12, 0x0A)  # a sum in a metric in scope metrics in resource metrics
POINT = (0x0A, *METRIC)


def crowd(count: int, item: bytes = b"\x0a\x00", *fields: int) -> bytes:
    """Return a valid request with so many empty items, points where not said otherwise: two bytes each."""
    inner = item * count
    for field in fields or METRIC:
        size, length = len(inner), b""
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        inner = bytes([field]) + length + bytes([size]) + inner
    return inner


SMALL = Options(body_bytes=1_000, json_bytes=500)
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "text": ({"body": b"hello"}, 400, "the body is not an ExportMetricsServiceRequest in protobuf"),
    "a truncated body": ({"body": GOOD[:-1]}, 400, "the body is not an ExportMetricsServiceRequest in protobuf"),
    "spans that are none": (
        {"body": b"hello", "path": "/v1/traces"},
        400,
        "the body is not an ExportTraceServiceRequest in protobuf",
    ),
    "logs that are none": (
        {"body": b"hello", "path": "/v1/logs"},
        400,
        "the body is not an ExportLogsServiceRequest in protobuf",
    ),
    "no JSON": ({"body": b"{", "content_type": JSON}, 400, "the body is not JSON: Expecting property name"),
    "JSON that is not UTF-8": ({"body": b'"\xff"', "content_type": JSON}, 400, "the body is not JSON: 'utf-8' codec"),
    "JSON that is a list": ({"body": b"[]", "content_type": JSON}, 400, "the body is not a JSON object"),
    "JSON of another form": (
        {"body": b'{"resourceMetrics": 5}', "content_type": JSON},
        400,
        "the body is not an OTLP request with metrics in JSON",
    ),
    "JSON with a bad id": (
        {"body": b'{"resourceSpans":[{"traceId":"xyz"}]}', "content_type": JSON, "path": "/v1/traces"},
        400,
        "the body is not an OTLP request with traces in JSON",
    ),
    "deep JSON": ({"body": nested(100), "content_type": JSON}, 400, "the body is nested deeper than 64 levels"),
    "very deep JSON": ({"body": nested(100_000), "content_type": JSON}, 400, "the body is not an OTLP request"),
    "much JSON": (
        {"body": b'{"a":[' + b"{}," * 600_000 + b"{}]}", "content_type": JSON},
        413,
        "the request has more than 500000 values; export smaller batches",
    ),
    "a crowd of empty points": (
        {"body": crowd(1_000_000)},
        413,
        "the request has more than 100000 items; export smaller batches",
    ),
    "a point with a crowd of empty attributes": (
        {"body": crowd(100_000, b"\x3a\x00", *POINT)},
        413,
        "a point or span has more than 10000 attributes; export fewer",
    ),
    "too large": (
        {"body": bytes(1_001), "options": SMALL},
        413,
        "the body is larger than 1000 bytes; export smaller batches",
    ),
    "too large by its own word": (
        {"body": b"", "content_length": "1001", "options": SMALL},
        413,
        "the body is larger than 1000 bytes; export smaller batches",
    ),
    "too large in JSON": (
        {"body": b" " * 501, "content_type": JSON, "options": SMALL},
        413,
        "the body is larger than 500 bytes; export smaller batches",
    ),
    "a gzip bomb": (
        {"body": bomb(), "content_encoding": "gzip"},
        413,
        "the body is larger than 8388608 bytes; export smaller batches",
    ),
    "a gzip bomb in pieces": (
        {"body": gzip.compress(b"") * 100, "content_encoding": "gzip"},
        400,
        "the gzip body has more than 16 members",
    ),
    "no gzip": ({"body": GOOD, "content_encoding": "gzip"}, 400, "the body is not gzip: "),
    "gzip cut off": ({"body": gzip.compress(GOOD)[:-9], "content_encoding": "gzip"}, 400, "the gzip body is cut off"),
    "no deflate": ({"body": GOOD, "content_encoding": "deflate"}, 400, "the body is not deflate: "),
    "deflate cut off": (
        {"body": zlib.compress(GOOD)[:-9], "content_encoding": "deflate"},
        400,
        "the deflate body is cut off",
    ),
    "another encoding": (
        {"body": GOOD, "content_encoding": "br"},
        415,
        "content encoding 'br' is not gzip, deflate or identity",
    ),
    "another content type": (
        {"body": GOOD, "content_type": "text/plain"},
        415,
        "content type 'text/plain' is not application/x-protobuf or application/json",
    ),
    "no content type": (
        {"body": GOOD, "content_type": ""},
        415,
        "content type '' is not application/x-protobuf or application/json",
    ),
    "another path": (
        {"body": GOOD, "path": "/v1/profiles"},
        404,
        "nothing here; post to /v1/metrics, /v1/traces, /v1/logs",
    ),
    "another method": ({"body": b"", "method": "GET"}, 405, "only POST is taken here"),
    "metrics that are switched off": (
        {"body": GOOD, "options": Options(metrics=False)},
        404,
        "this exporter is configured to take no metrics",
    ),
    "traces that are switched off": (
        {"body": b"", "path": "/v1/traces", "options": Options(traces=False)},
        404,
        "this exporter is configured to take no traces",
    ),
}


@pytest.mark.parametrize(("sent", "status", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_request_is_told_what_is_wrong_and_costs_nobody_else(
    sent: dict[str, Any], status: int, message: str
) -> None:
    exporter = Exporter(options=sent.pop("options", Options()))
    reply = exporter.post(**sent)
    signal = {"/v1/traces": "traces", "/v1/logs": "logs", "/v1/profiles": "unknown"}.get(
        sent.get("path", ""), "metrics"
    )
    key = f'tachograph_otlp_requests_total{{code="{status}",signal="{signal}"}}'
    assert told(reply) == (status, told(reply)[1])
    assert told(reply)[1].startswith(message)
    assert exporter.samples("tachograph_otlp_requests") == {key: 1}
    if exporter.options == Options():
        assert (exporter.post(GOOD).status, exporter.samples("jobs")) == (200, {'jobs_total{service_name="shop"}': 1})


def test_an_error_has_the_requests_encoding() -> None:
    exporter = Exporter()
    replies = [exporter.post(b"\xff", content_type=kind) for kind in (PROTOBUF, JSON, "text/plain")]
    assert [reply.headers["content-type"] for reply in replies] == [PROTOBUF, JSON, JSON]


def test_a_busy_receiver_says_when_to_come_again() -> None:
    exporter = Exporter(options=Options(waiting_bytes=len(GOOD), retry_seconds=7))

    async def two_at_once() -> tuple[Reply, Reply]:
        first_came, go_on = asyncio.Event(), asyncio.Event()
        sent: list[Any] = []
        pieces = [GOOD[:5], GOOD[5:]]

        async def receive() -> dict[str, Any]:
            if len(pieces) == 1:
                first_came.set()
                await go_on.wait()
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", PROTOBUF.encode())]
        scope = {"type": "http", "method": "POST", "path": "/v1/metrics", "headers": headers}
        slow = asyncio.create_task(exporter.receiver(scope, receive, send))
        await first_came.wait()
        refused = await exporter.exchange([GOOD], "/v1/metrics", "POST", {})
        go_on.set()
        await slow
        return refused, await exporter.exchange([GOOD], "/v1/metrics", "POST", {})

    refused, later = asyncio.run(two_at_once())
    assert (refused.status, refused.headers["retry-after"], later.status) == (503, "7", 200)


def test_what_a_small_body_becomes_counts_as_what_is_being_stored() -> None:
    exporter = Exporter(options=Options(waiting_bytes=50_000))
    body = gzip.compress(request(counter("jobs", 1, labels={"text": "x" * 60_000})).SerializeToString())
    reply = exporter.post(body, content_encoding="gzip")
    assert (len(body) < 1_000, reply.status, reply.headers["retry-after"]) == (True, 503, "2")
    assert exporter.post(GOOD).status == 200


def test_what_large_requests_used_is_given_back_once_they_are_over() -> None:
    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        given: list[float] = []
        last = asyncio.Event()

        def give_back() -> None:
            given.append(loop.time())
            if len(given) == 2:
                loop.call_soon_threadsafe(last.set)

        memory = Memory(seconds=0.05, give_back=give_back)
        memory.used(1_000)
        for size in (1_000_000, 2_000_000, 3_000_000):  # the later ones come while the first waits
            memory.used(size)
        await last.wait()
        return given

    assert len(asyncio.run(run())) == 2


def test_a_client_that_goes_away_leaves_nothing_behind() -> None:
    exporter = Exporter(options=Options(waiting_bytes=len(GOOD)))

    async def leave() -> None:
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": GOOD[:9], "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: Any) -> None:
            raise AssertionError(message)

        headers = [(b"content-type", PROTOBUF.encode())]
        scope = {"type": "http", "method": "POST", "path": "/v1/metrics", "headers": headers}
        await exporter.receiver(scope, receive, send)

    asyncio.run(leave())
    assert exporter.post(GOOD).status == 200
    assert exporter.samples("tachograph_otlp_requests") == {
        'tachograph_otlp_requests_total{code="disconnected",signal="metrics"}': 1,
        'tachograph_otlp_requests_total{code="200",signal="metrics"}': 1,
    }


def test_a_large_request_is_counted_like_a_small_one() -> None:
    exporter = Exporter()
    message = request(*[counter("jobs", 1, labels={"user": f"{number:0100}"}) for number in range(9_000)])
    body = message.SerializeToString()
    assert (len(body) > 1024 * 1024, exporter.post(body).status) == (True, 200)
    assert exporter.samples("tachograph_otlp_points") == {'tachograph_otlp_points_total{signal="metrics"}': 9_000}


def test_arrays_that_are_not_packed_are_understood() -> None:
    """An encoder may write each element of a repeated field by itself, and packed arrays in several pieces."""
    exporter = Exporter()
    packed = histogram("waits", [1, 2, 3], total=4.5)
    point = packed.histogram.data_points[0]
    raw = point.SerializeToString()
    counts = b"".join(b"\x31" + count.to_bytes(8, "little") for count in (1, 2, 3))
    bounds = b"".join(b"\x39" + raw[raw.index(b"\x3a\x10") + 2 :][8 * place : 8 * place + 8] for place in (0, 1))
    loose = raw.replace(raw[raw.index(b"\x32\x18") :][: 2 + 24], counts)
    loose = loose.replace(raw[raw.index(b"\x3a\x10") :][: 2 + 16], bounds)
    inner = b"\x0a" + bytes([len(loose)]) + loose + b"\x10\x02"
    for prefix in (b"\x0a\x05waits\x1a\x01s", b"", b""):
        inner = prefix + (b"\x4a" if prefix else b"\x12") + bytes([len(inner)]) + inner
    resource = request(resource={"service.name": "shop"}).resource_metrics[0].resource.SerializeToString()
    inner = b"\x0a" + bytes([len(resource)]) + resource + inner
    body = b"\x0a" + bytes([len(inner) & 127 | 128, len(inner) >> 7]) + inner
    assert list(ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics) == [packed]
    assert (exporter.post(body).rejected, exporter.samples("waits")) == (
        (0, ""),
        {
            'waits_seconds_bucket{le="0.1",service_name="shop"}': 1,
            'waits_seconds_bucket{le="1.0",service_name="shop"}': 3,
            'waits_seconds_bucket{le="+Inf",service_name="shop"}': 6,
            'waits_seconds_count{service_name="shop"}': 6,
            'waits_seconds_sum{service_name="shop"}': 4.5,
        },
    )


def test_a_histogram_without_buckets_has_one() -> None:
    exporter = Exporter()
    metric = histogram("waits", [], bounds=(), total=4.5)
    metric.histogram.data_points[0].count = 6
    assert (exporter.send(metric).rejected, exporter.samples("waits_seconds_bucket")) == (
        (0, ""),
        {'waits_seconds_bucket{le="+Inf",service_name="shop"}': 6},
    )


def test_the_receiver_counts_what_it_takes() -> None:
    exporter = Exporter()
    body = gzip.compress(GOOD)
    exporter.post(body, content_encoding="gzip")
    exporter.post(GOOD)
    assert exporter.samples("tachograph_") == {
        'tachograph_otlp_requests_total{code="200",signal="metrics"}': 2,
        'tachograph_otlp_points_total{signal="metrics"}': 1,
        'tachograph_otlp_refused_points_total{reason="duplicate"}': 1,
        'tachograph_otlp_body_bytes_total{signal="metrics",stage="received"}': len(body) + len(GOOD),
        'tachograph_otlp_body_bytes_total{signal="metrics",stage="decoded"}': 2 * len(GOOD),
        "tachograph_store_folded_series_total": 0,
        "tachograph_store_series": 1,
        "tachograph_store_streams": 1,
        "tachograph_store_processes": 1,
    }


def test_attributes_of_every_kind_survive_the_wire() -> None:
    exporter = Exporter()
    metric = counter("jobs", 1)
    metric.sum.data_points[0].attributes.append(attribute("emoji", "🚚"))
    exporter.send(metric)
    assert exporter.samples("jobs") == {'jobs_total{emoji="🚚",service_name="shop"}': 1}
