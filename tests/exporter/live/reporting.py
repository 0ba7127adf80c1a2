"""An application's exports to a running exporter."""

import urllib.request

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tests.exporter.otlp.exports import BASE, When, attributes, counter, gauge, histogram, request

BOUNDS = (0.01, 0.1, 1.0, 10.0)
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>",
    "\u202egnissecorp\u202c مرحبا",
    "x" * 10_000,
    "'; DROP TABLE users; --\n\u0000\ud7ff",
    "__proto__",
)


def post(endpoint: str, path: str, body: bytes) -> None:
    headers = {"content-type": "application/x-protobuf"}
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint}{path}", body, headers), timeout=10) as answer:
        answer.read()


def report(endpoint: str, *metrics: Metric, service: str = "shop") -> None:
    post(endpoint, "/v1/metrics", request(*metrics, resource={"service.name": service}).SerializeToString())


def calls(name: str, counts: tuple[int, ...] = (0, 90, 9, 1, 0), *, at: float = 1, error: str = "") -> Metric:
    told = {"tachograph.operation.name": name, **({"error.type": error} if error else {})}
    total = sum(counts) * 0.05
    return histogram("tachograph.operation.duration", counts, When(0, at), bounds=BOUNDS, total=total, labels=told)


def shop(endpoint: str) -> None:
    """Report a little of everything that the page shows."""
    model = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini"}
    query = {"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "orders"}
    statement = {
        "db.system.name": "postgresql",
        "db.query.summary": "SELECT orders",
        "tachograph.db.statement.fingerprint": "00ff00ff00ff00ff",
    }
    cache = {"cache.name": "sessions", "cache.level": "L1"}
    report(
        endpoint,
        calls("checkout"),
        calls("checkout", (0, 10, 0, 0, 0), error="TimeoutError"),
        histogram("gen_ai.client.operation.duration", (0, 5, 5, 0, 0), bounds=BOUNDS, total=6, labels=model),
        counter("tachograph.gen_ai.client.cost.usd", 0.25, labels=model, unit="{USD}"),
        histogram("db.client.operation.duration", (80, 10, 10, 0, 0), bounds=BOUNDS, total=5, labels=query),
        histogram("tachograph.db.statement.duration", (0, 0, 2, 1, 0), bounds=BOUNDS, total=5, labels=statement),
        counter("tachograph.db.statement.slow", 1, labels=statement, unit="{statement}"),
        gauge("tachograph.db.statement.info", 1, labels={**statement, "db.query.text": "SELECT * FROM orders"}),
        gauge("tachograph.db.statement.plan", 40, labels={**statement, "tachograph.db.plan": "Seq Scan on orders"}),
        counter(
            "tachograph.db.statement.findings",
            3,
            labels={**statement, "tachograph.db.statement.finding": "select_star"},
            unit="{statement}",
        ),
        counter("cache.requests", 60, labels={**cache, "cache.request.result": "hit"}, unit="{request}"),
        counter("cache.requests", 40, labels={**cache, "cache.request.result": "miss"}, unit="{request}"),
    )
    spans(endpoint, "checkout")


def spans(endpoint: str, name: str, *, trace: int = 1) -> None:
    """Report a trace of two spans."""
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.extend(attributes({"service.name": "shop"}))
    scope = resource.scope_spans.add()
    root, child = trace.to_bytes(8, "big"), (trace + 1000).to_bytes(8, "big")
    trace_id = trace.to_bytes(16, "big")
    for span_id, parent, what, length in ((root, b"", name, 2.0), (child, root, "SELECT orders", 0.5)):
        scope.spans.add(
            trace_id=trace_id,
            span_id=span_id,
            parent_span_id=parent,
            name=what,
            start_time_unix_nano=BASE,
            end_time_unix_nano=BASE + int(length * 1e9),
        )
    post(endpoint, "/v1/traces", message.SerializeToString())
