"""The past as a running exporter remembers it, with no Prometheus."""

import json
from collections.abc import Iterator

import pytest

from tachograph_exporter.live.tables import CACHE, DATABASE, LLM, OPERATIONS, STATEMENTS
from tachograph_exporter.past.failure import PastError
from tachograph_exporter.past.measures import CACHE_HITS, CPU, DISK, OPERATIONS_ERRORS, OPERATIONS_P95
from tachograph_exporter.past.series import Incident
from tachograph_exporter.past.source import Source, source_at
from tachograph_exporter.past.window import Window, window
from tests.exporter.live.reporting import shop
from tests.fixtures.past import Past
from tests.fixtures.process import wait_until
from tests.fixtures.service import Exporter, exporter

from .test_prometheus import answering


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with exporter(tmp_path_factory.mktemp("ring")) as running:
        shop(running.endpoint)
        wait_until(lambda: bool(_source(running).histograms(CACHE, HOUR)), what="the report")
        yield running


HOUR = Window(0, 4e9)


def _source(running: Exporter) -> Source:
    return source_at(None, f"http://{running.target}")


@pytest.fixture
def source(running: Exporter) -> Source:
    return _source(running)


def test_rows_hold_what_the_application_reported(source: Source) -> None:
    rows = {
        table.name: [(*list(row.labels.values())[2:], row.calls, row.errors) for row in source.histograms(table, HOUR)]
        for table in (OPERATIONS, LLM, DATABASE, CACHE, STATEMENTS)
    }
    assert rows == {
        "operations": [("checkout", 110, 10)],
        "llm": [("openai", "gpt-4o-mini", 10, 0)],
        "database": [("postgresql", "SELECT", "orders", 100, 0)],
        "cache": [("sessions", "L1", 100, 0)],
        "statements": [("postgresql", "SELECT orders", "00ff00ff00ff00ff", 3, 0)],
    }
    (operation,) = source.histograms(OPERATIONS, HOUR)
    assert operation.quantile(0.95) == pytest.approx(0.55)


def test_measures_are_those_of_the_ring(source: Source) -> None:
    read = {
        measure.name: source.series(measure, HOUR, apart=False)[0].values[0]
        for measure in (CACHE_HITS, OPERATIONS_ERRORS, OPERATIONS_P95)
    }
    assert read == pytest.approx({"cache_hits": 0.6, "operations_errors": 10 / 110, "operations_p95": 0.55})
    for host in (CPU, DISK):
        assert all(0 <= value <= 1 for series in source.series(host, HOUR) for value in series.values)


def test_remarks_and_alerts_are_those_of_now(source: Source) -> None:
    (remark,) = source.remarks(HOUR)
    assert (remark.text, sorted(remark.findings)) == ("SELECT * FROM orders", ["select_star", "slow"])
    assert source.incidents(HOUR) == []


def test_an_alert_is_an_incident_from_when_it_fired() -> None:
    told = {
        "alert": "OperationSlow",
        "severity": "critical",
        "summary": "slow",
        "since_seconds": 400,
        "for_seconds": 300,
    }
    document = {"time": 5000.0, "alerts": [{**told, "state": "firing"}, {**told, "state": "pending"}]}
    with answering(200, json.dumps(document)) as url:
        incidents = source_at(None, url).incidents(HOUR)
    assert incidents == [Incident("OperationSlow", "critical", {"summary": "slow"}, 4900.0, None)]


def test_it_says_how_far_back_it_reaches(source: Source, running: Exporter) -> None:
    reach = source.reach()
    assert reach.oldest is not None
    assert reach.told.startswith(f"the exporter at http://{running.target} knows of the last ")
    assert reach.told.endswith("(it was started then); --prometheus URL reads what was before")


def test_nothing_is_found_in_another_window(source: Source) -> None:
    long_ago = window(0, start="2020-01-01", end="2020-01-02")
    assert (source.histograms(OPERATIONS, long_ago), source.series(CPU, long_ago)) == ([], [])


def test_a_prometheus_is_no_exporter(past: Past) -> None:
    with pytest.raises(PastError, match=r"the exporter at http://127.+ answered 404: it has no /api/v1/minutes"):
        source_at(None, past.url).reach()
