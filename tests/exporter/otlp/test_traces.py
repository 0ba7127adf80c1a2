"""The last traces and the slowest spans of each operation, as /api/v1/traces shows them."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tachograph_exporter.otlp.spans import traces_json
from tachograph_exporter.store.traces import Bounds, Traces

from .exports import Exporter, attributes, nanoseconds


def span(
    name: str,
    *,
    trace: int = 1,
    number: int = 1,
    parent: int = 0,
    start: float = 0,
    seconds: float = 1,
    labels: Mapping[str, Any] | None = None,
    **more: Any,
) -> Span:
    return Span(
        name=name,
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        start_time_unix_nano=nanoseconds(start),
        end_time_unix_nano=nanoseconds(start + seconds),
        attributes=attributes(labels or {}),
        **more,
    )


def request(*spans: Span, service: str = "shop") -> bytes:
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.extend(attributes({"service.name": service}))
    resource.scope_spans.add().spans.extend(spans)
    return message.SerializeToString()


def shown(*bodies: bytes, bounds: Bounds | None = None) -> dict[str, Any]:
    exporter = Exporter(traces=Traces(bounds))
    for body in bodies:
        assert exporter.post(body, "/v1/traces").status == 200
    return traces_json(exporter.traces)


def names(traces: list[dict[str, Any]]) -> list[list[str]]:
    return [[one["name"] for one in trace["spans"]] for trace in traces]


def test_a_trace_is_shown_with_its_spans_in_the_order_they_began() -> None:
    document = shown(
        request(
            span("inner", number=2, parent=1, start=0.25, seconds=0.5, labels={"db.system.name": "redis", "n": 3}),
            span(
                "outer",
                kind=Span.SPAN_KIND_SERVER,
                status=Status(code=Status.STATUS_CODE_ERROR, message="it broke"),
            ),
        )
    )
    seconds = nanoseconds(0) / 1e9
    outer = {
        "trace_id": f"{1:032x}",
        "span_id": f"{1:016x}",
        "parent_span_id": "",
        "service": "shop",
        "name": "outer",
        "kind": "server",
        "start_seconds": seconds,
        "duration_seconds": 1.0,
        "error": True,
        "message": "it broke",
        "attributes": {},
    }
    inner = {
        "trace_id": f"{1:032x}",
        "span_id": f"{2:016x}",
        "parent_span_id": f"{1:016x}",
        "service": "shop",
        "name": "inner",
        "kind": "unspecified",
        "start_seconds": seconds + 0.25,
        "duration_seconds": 0.5,
        "error": False,
        "message": "",
        "attributes": {"db.system.name": "redis", "n": "3"},
    }
    assert document == {
        "traces": [
            {
                "trace_id": f"{1:032x}",
                "service": "shop",
                "operation": "outer",
                "start_seconds": seconds,
                "duration_seconds": 1.0,
                "error": True,
                "spans": [outer, inner],
            }
        ],
        "slowest": [
            {"service": "shop", "operation": "outer", "spans": [outer]},
            {"service": "shop", "operation": "inner", "spans": [inner]},
        ],
    }


def test_the_spans_of_a_trace_may_come_from_several_services_and_requests() -> None:
    document = shown(request(span("a")), request(span("b", number=2, parent=1, start=0.1), service="mail"))
    assert [(one["service"], one["name"]) for one in document["traces"][0]["spans"]] == [("shop", "a"), ("mail", "b")]


def test_the_last_traces_are_kept_the_newest_first() -> None:
    bodies = [request(span(f"t{number}", trace=number)) for number in range(1, 6)]
    assert names(shown(*bodies, bounds=Bounds(traces=3))["traces"]) == [["t5"], ["t4"], ["t3"]]


def test_a_trace_that_goes_on_stays() -> None:
    bodies = [request(span("a", trace=1)), request(span("b", trace=2)), request(span("c", trace=1, number=2, start=1))]
    assert names(shown(*bodies, request(span("d", trace=3)), bounds=Bounds(traces=2))["traces"]) == [["d"], ["a", "c"]]


def test_a_long_trace_is_cut() -> None:
    body = request(*[span(f"s{number}", number=number, start=number) for number in range(1, 9)])
    assert names(shown(body, bounds=Bounds(spans_per_trace=2))["traces"]) == [["s1", "s2"]]


def test_large_spans_leave_room_for_fewer() -> None:
    bodies = [request(span("x", trace=number, labels={"text": "x" * 5_000})) for number in range(1, 101)]
    assert len(shown(*bodies, bounds=Bounds(bytes=50_000))["traces"]) == 9


def test_a_span_with_more_than_is_kept_loses_what_is_too_much() -> None:
    labels = {"small": "x", "large": "x" * 10_000}
    found = shown(request(span("n" * 10_000, labels=labels)))["traces"][0]["spans"][0]
    assert (len(found["name"]), found["attributes"]) == (512, {"small": "x"})


def test_the_slowest_of_each_operation_are_kept() -> None:
    bodies = [
        request(span("a", trace=number, seconds=seconds), span("b", trace=number, number=2, seconds=1))
        for number, seconds in enumerate((3, 1, 5, 2, 4), 1)
    ]
    slowest = shown(*bodies, bounds=Bounds(traces=1, slowest=2))["slowest"]
    assert {one["operation"]: [kept["duration_seconds"] for kept in one["spans"]] for one in slowest} == {
        "a": [5.0, 4.0],
        "b": [1.0, 1.0],
    }


def test_operations_past_the_bound_make_the_oldest_go() -> None:
    bodies = [request(span(f"operation {number}")) for number in range(5)]
    slowest = shown(*bodies, bounds=Bounds(operations=2))["slowest"]
    assert sorted(one["operation"] for one in slowest) == ["operation 3", "operation 4"]
