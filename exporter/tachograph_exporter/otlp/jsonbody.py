"""OTLP in JSON, brought into protobuf.

Source: OTLP specification 1.x, "JSON Protobuf Encoding": trace and span ids are hex, enums are numbers.
"""

import json
from base64 import b64encode
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from .outline import Malformed, TooMany

_REQUESTS: dict[str, type[Message]] = {
    "metrics": ExportMetricsServiceRequest,
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
}
_IDS = ("traceId", "spanId", "parentSpanId")
_NODES_MAX = 500_000
_DEPTH_MAX = 64


def to_protobuf(signal: str, body: bytes) -> bytes:
    """Return the request encoded in protobuf; raise Malformed where it is not OTLP in JSON."""
    try:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise Malformed("the body is not a JSON object")
        _prepare(document)
        request = ParseDict(document, _REQUESTS[signal](), ignore_unknown_fields=True)
        return request.SerializeToString()
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Malformed(f"the body is not JSON: {error}") from None
    except (ParseError, RecursionError, ValueError) as error:
        raise Malformed(f"the body is not an OTLP request with {signal} in JSON: {error}") from None


def _prepare(document: dict[str, Any]) -> None:
    """Write ids, which OTLP has in hex, as protobuf's own JSON has bytes; refuse what is too large or too deep."""
    level: list[Any] = [document]
    nodes = 0
    for _ in range(_DEPTH_MAX):
        nodes += len(level)
        if nodes > _NODES_MAX:
            raise TooMany(f"the request has more than {_NODES_MAX} values; export smaller batches")
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise Malformed(f"the body is nested deeper than {_DEPTH_MAX} levels")


def _children(node: Any) -> list[Any]:
    if isinstance(node, list):
        return [child for child in node if isinstance(child, dict | list)]
    for name in _IDS:
        if isinstance(node.get(name), str):
            node[name] = b64encode(bytes.fromhex(node[name])).decode()
    return [child for child in node.values() if isinstance(child, dict | list)]
