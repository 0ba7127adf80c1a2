"""Six invented hours of two services on two hosts: a normal day, an incident, a deployment, a restart.

From minute 120 to 165 the models answer slowly and badly and the database with them; at 240 a new version is deployed;
at 300 the exporters are restarted, so that counters begin at 0 again.
"""

import math
from collections.abc import Iterable, Iterator

from . import data, machines, models
from .courses import (
    DEPLOYMENT,
    INCIDENT,
    MINUTES,
    OPERATION_BOUNDS,
    QUERY_BOUNDS,
    STEP_SECONDS,
    Labels,
    Series,
    counter,
    during,
    histogram,
    load,
    outcomes,
    scaled,
    slowed,
    slowness,
    without,
)

HOSTS = ("10.0.0.1:9100", "10.0.0.2:9100")
SERVICES = (("assistant", "production"), ("checkout", "staging"))
OPERATIONS = {
    "request": 1.2,
    "agent.step": 0.9,
    "memory.search": 0.02,
    "context.retrieve": 0.04,
    "memory.create": 0.006,
}


def lines(series: Iterable[Series], *, end: int, step_seconds: int = STEP_SECONDS) -> Iterator[str]:
    """Yield the six hours before `end` (seconds since 1970) as OpenMetrics; NaN is where a series has no sample."""
    start = end - MINUTES * 60
    for name, labels, course in series:
        shown = ",".join(f'{label}="{value}"' for label, value in labels.items())
        for second in range(0, MINUTES * 60 + 1, step_seconds):
            value = course(second / 60)
            if not math.isnan(value):
                yield f"{name}{{{shown}}} {value:.9g} {start + second}\n"
    yield "# EOF\n"


def six_hours() -> Iterator[Series]:
    """Yield every series of the invented hours."""
    for instance in HOSTS:
        yield from machines.host({"job": "node", "instance": instance})
        yield from machines.processes({"job": "node", "instance": instance})
        yield from machines.limits({"job": "node", "instance": instance})
        yield from machines.exporter({"job": "node", "instance": instance})
    for (service, environment), instance in zip(SERVICES, HOSTS, strict=True):
        labels = {
            "job": "node",
            "instance": instance,
            "service_name": service,
            "deployment_environment_name": environment,
        }
        yield from _service(labels)
        yield from models.models(labels)
        yield from data.calls(labels)
        yield from data.statements(labels)
        yield from data.pools(labels)
        yield from data.caches(labels)
    yield from machines.servers({"job": "prometheus", "instance": "10.0.0.9:9090"})
    yield from _alerts()


def _alerts() -> Iterator[Series]:
    firing = {
        ("LlmErrorsHigh", "critical"): INCIDENT,
        ("OperationSlow", "warning"): range(125, 160),
        ("CacheHitRateLow", "warning"): range(340, MINUTES + 1),
    }
    for (alert, severity), minutes in firing.items():
        labels = {"alertname": alert, "alertstate": "firing", "severity": severity, "service_name": SERVICES[0][0]}
        yield "ALERTS", labels, during(minutes)


def _service(labels: Labels) -> Iterator[Series]:
    for operation, seconds in OPERATIONS.items():
        named = {**labels, "tachograph_operation_name": operation}
        yield "tachograph_operation_active", named, lambda minute: round(2 * load(minute) * slowness(minute))
        yield from outcomes("tachograph_operation_duration_seconds", named, OPERATION_BOUNDS, 6, seconds)
        recorded = "service_operation:tachograph_operation_duration_seconds:p95_rate5m"
        yield recorded, without(named, "job", "instance"), slowed(2 * seconds)
    for kind, share in {"llm": 0.7, "db": 0.1, "cache": 0.02, "operation": 0.08, "own": 0.1}.items():
        named = {**labels, "tachograph_operation_name": "request", "tachograph_time_kind": kind}
        yield "tachograph_operation_time_seconds_total", named, counter(scaled(7 * share))
    yield from histogram("tachograph_runtime_event_loop_lag_seconds", labels, QUERY_BOUNDS, scaled(20), slowed(0.002))
    yield "tachograph_runtime_gc_pause_seconds_sum", labels, counter(scaled(0.004))
    for version, minutes in (("1.4.0", range(DEPLOYMENT)), ("1.5.0", range(DEPLOYMENT, MINUTES + 1))):
        yield "target_info", {**labels, "service_version": version}, during(minutes)
