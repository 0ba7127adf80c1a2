"""What Prometheus says of the time of a load."""

import pytest

from tachograph_exporter.loadtest.service import PrometheusObserver
from tachograph_exporter.past.access import Access
from tests.fixtures.past import Past


def test_prometheus_tells_of_operations_time_cpu_and_memory(past: Past) -> None:
    observer = PrometheusObserver(past.url, Access(), service="assistant")
    observer.look()
    found = observer.between(past.minute(20), past.minute(40))
    kinds = found.seconds_by_kind

    assert {one.labels["operation"] for one in found.operations} >= {"request", "agent.step", "memory.search"}
    assert {one.labels["service"] for one in found.operations} == {"assistant"}
    assert {kind: seconds / sum(kinds.values()) for kind, seconds in kinds.items()} == pytest.approx(
        {"llm": 0.7, "db": 0.1, "own": 0.1, "operation": 0.08, "cache": 0.02}
    )
    assert [found.cpu_ratio, found.memory_ratio] == pytest.approx([0.3, 0.5625], abs=0.1)
