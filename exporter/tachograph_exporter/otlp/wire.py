"""OTLP's messages as the receiver reads them: a descriptor of our own over the same bytes.

What the receiver only compares (a resource, a point's attributes, packed arrays) is declared as bytes, so that the
bytes that came are the key under which the decoded form is found again. Field numbers: opentelemetry-proto 1.x.
"""

from typing import Any, cast

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "tachograph.wire"
_BYTES = FieldDescriptorProto.TYPE_BYTES
_DOUBLE = FieldDescriptorProto.TYPE_DOUBLE
_FIXED64 = FieldDescriptorProto.TYPE_FIXED64
_INT32 = FieldDescriptorProto.TYPE_INT32
_INT64 = FieldDescriptorProto.TYPE_INT64
_SFIXED64 = FieldDescriptorProto.TYPE_SFIXED64
_SINT32 = FieldDescriptorProto.TYPE_SINT32
_STRING = FieldDescriptorProto.TYPE_STRING
_UINT32 = FieldDescriptorProto.TYPE_UINT32
_UINT64 = FieldDescriptorProto.TYPE_UINT64
_BOOL = FieldDescriptorProto.TYPE_BOOL

FIELDS = (1, 2, 5, 7, 8, 9, 10, 11)  # where OTLP has the repeated messages that are counted before they are read

# (field, number, type or message, how often): "1" once, "*" many times, "|" one of several.
_Field = tuple[str, int, int | str, str]
_MESSAGES: dict[str, tuple[_Field, ...]] = {
    "Node": tuple((f"field_{number}", number, _BYTES, "*") for number in FIELDS),
    "Exemplar": (
        ("time", 2, _FIXED64, "1"),
        ("as_double", 3, _DOUBLE, "1"),
        ("span_id", 4, _BYTES, "1"),
        ("trace_id", 5, _BYTES, "1"),
        ("as_int", 6, _SFIXED64, "1"),
        ("attributes", 7, _BYTES, "*"),
    ),
    "NumberPoint": (
        ("start", 2, _FIXED64, "1"),
        ("time", 3, _FIXED64, "1"),
        ("as_double", 4, _DOUBLE, "1"),
        ("exemplars", 5, _BYTES, "*"),
        ("as_int", 6, _SFIXED64, "1"),
        ("attributes", 7, _BYTES, "*"),
        ("flags", 8, _UINT32, "1"),
    ),
    "HistogramPoint": (
        ("start", 2, _FIXED64, "1"),
        ("time", 3, _FIXED64, "1"),
        ("count", 4, _FIXED64, "1"),
        ("sum", 5, _DOUBLE, "1"),
        ("counts", 6, _BYTES, "1"),
        ("bounds", 7, _BYTES, "1"),
        ("exemplars", 8, _BYTES, "*"),
        ("attributes", 9, _BYTES, "*"),
        ("flags", 10, _UINT32, "1"),
    ),
    "Side": (("offset", 1, _SINT32, "1"), ("counts", 2, _UINT64, "*")),
    "ExponentialPoint": (
        ("attributes", 1, _BYTES, "*"),
        ("start", 2, _FIXED64, "1"),
        ("time", 3, _FIXED64, "1"),
        ("count", 4, _FIXED64, "1"),
        ("sum", 5, _DOUBLE, "1"),
        ("scale", 6, _SINT32, "1"),
        ("zero_count", 7, _FIXED64, "1"),
        ("positive", 8, "Side", "1"),
        ("negative", 9, "Side", "1"),
        ("flags", 10, _UINT32, "1"),
        ("exemplars", 11, _BYTES, "*"),
        ("zero_threshold", 14, _DOUBLE, "1"),
    ),
    "Quantile": (("quantile", 1, _DOUBLE, "1"), ("value", 2, _DOUBLE, "1")),
    "SummaryPoint": (
        ("start", 2, _FIXED64, "1"),
        ("time", 3, _FIXED64, "1"),
        ("count", 4, _FIXED64, "1"),
        ("sum", 5, _DOUBLE, "1"),
        ("quantiles", 6, "Quantile", "*"),
        ("attributes", 7, _BYTES, "*"),
        ("flags", 8, _UINT32, "1"),
    ),
    "Gauge": (("points", 1, "NumberPoint", "*"),),
    "Sum": (("points", 1, "NumberPoint", "*"), ("temporality", 2, _INT32, "1"), ("monotonic", 3, _BOOL, "1")),
    "Histogram": (("points", 1, "HistogramPoint", "*"), ("temporality", 2, _INT32, "1")),
    "ExponentialHistogram": (("points", 1, "ExponentialPoint", "*"), ("temporality", 2, _INT32, "1")),
    "Summary": (("points", 1, "SummaryPoint", "*"),),
    "Metric": (
        ("name", 1, _BYTES, "1"),
        ("description", 2, _BYTES, "1"),
        ("unit", 3, _BYTES, "1"),
        ("gauge", 5, "Gauge", "|"),
        ("sum", 7, "Sum", "|"),
        ("histogram", 9, "Histogram", "|"),
        ("exponential_histogram", 10, "ExponentialHistogram", "|"),
        ("summary", 11, "Summary", "|"),
        ("metadata", 12, _BYTES, "*"),
    ),
    "ScopeMetrics": (("scope", 1, _BYTES, "1"), ("metrics", 2, "Metric", "*"), ("schema_url", 3, _BYTES, "1")),
    "ResourceMetrics": (("resource", 1, _BYTES, "1"), ("scopes", 2, "ScopeMetrics", "*")),
    "MetricsRequest": (("resources", 1, "ResourceMetrics", "*"),),
    "SpanStatus": (("message", 2, _BYTES, "1"), ("code", 3, _INT32, "1")),
    "Span": (
        ("trace_id", 1, _BYTES, "1"),
        ("span_id", 2, _BYTES, "1"),
        ("parent_id", 4, _BYTES, "1"),
        ("name", 5, _BYTES, "1"),
        ("kind", 6, _INT32, "1"),
        ("start", 7, _FIXED64, "1"),
        ("end", 8, _FIXED64, "1"),
        ("attributes", 9, _BYTES, "*"),
        ("status", 15, "SpanStatus", "1"),
    ),
    "ScopeSpans": (("spans", 2, "Span", "*"),),
    "ResourceSpans": (("resource", 1, _BYTES, "1"), ("scopes", 2, "ScopeSpans", "*")),
    "TracesRequest": (("resources", 1, "ResourceSpans", "*"),),
    "ScopeLogs": (("records", 2, _BYTES, "*"),),
    "ResourceLogs": (("scopes", 2, "ScopeLogs", "*"),),
    "LogsRequest": (("resources", 1, "ResourceLogs", "*"),),
    "Resource": (("attributes", 1, _BYTES, "*"),),
    "Scope": (("name", 1, _STRING, "1"), ("version", 2, _STRING, "1"), ("attributes", 3, _BYTES, "*")),
    "PartialSuccess": (("rejected", 1, _INT64, "1"), ("message", 2, _STRING, "1")),
    "Response": (("partial_success", 1, "PartialSuccess", "1"),),
    "Any": (("type_url", 1, _STRING, "1"), ("value", 2, _BYTES, "1")),
    "ErrorDetails": (("code", 1, _INT32, "1"), ("message", 2, _STRING, "1"), ("details", 3, "Any", "*")),
    "Duration": (("seconds", 1, _INT64, "1"),),
    "RetryInfo": (("retry_delay", 1, "Duration", "1"),),
    "Status": (("code", 1, _INT32, "1"), ("message", 2, _STRING, "1")),
}


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="tachograph/wire.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if any(often == "|" for *_, often in fields):
            message.oneof_decl.add(name="data")
        for field_name, number, kind, often in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = FieldDescriptorProto.LABEL_REPEATED if often == "*" else FieldDescriptorProto.LABEL_OPTIONAL
            if isinstance(kind, str):
                field.type_name = f".{_PACKAGE}.{kind}"
                field.type = FieldDescriptorProto.TYPE_MESSAGE
            else:
                field.type = cast("FieldDescriptorProto.Type.ValueType", kind)
            if often == "|":
                field.oneof_index = 0
    return file


_pool = DescriptorPool()
_pool.Add(_file())


def _message(name: str) -> Any:
    return GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


Node = _message("Node")
Exemplar = _message("Exemplar")
MetricsRequest = _message("MetricsRequest")
TracesRequest = _message("TracesRequest")
LogsRequest = _message("LogsRequest")
Resource = _message("Resource")
Scope = _message("Scope")
Response = _message("Response")
Status = _message("Status")
ErrorDetails = _message("ErrorDetails")
RetryInfo = _message("RetryInfo")
