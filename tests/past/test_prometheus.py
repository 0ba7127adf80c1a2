"""The past as a real Prometheus tells it, of which every figure is known beforehand."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tachograph_exporter.live.tables import CACHE, DATABASE, LLM, OPERATIONS, STATEMENTS
from tachograph_exporter.past.access import Access
from tachograph_exporter.past.failure import PastError
from tachograph_exporter.past.measures import CPU, DISK, MEASURES, OPERATIONS_ERRORS, Measure
from tachograph_exporter.past.source import Source, source_at
from tachograph_exporter.past.window import Window, window
from tests.fixtures.past import Past
from tests.fixtures.process import free_port


@pytest.fixture(scope="module")
def source(past: Past) -> Source:
    return source_at(past.url)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
@pytest.mark.parametrize("apart", [True, False], ids=["apart", "as one"])
def test_every_measure_has_a_value_at_every_point(source: Source, past: Past, measure: Measure, apart: bool) -> None:  # noqa: FBT001
    found = source.series(measure, Window(past.minute(180), past.end), apart=apart)
    lengths = {len(one.values) for one in found}
    one_series = not measure.labels or (not apart and "$by" in measure.promql)
    assert (lengths, len(found) == 1 if one_series else len(found) > 1) == ({176}, True)


def test_values_are_those_that_were_measured(source: Source, past: Past) -> None:
    found = source.series(CPU, Window(past.minute(0), past.end))
    assert [dict(one.labels) for one in found] == [{"instance": "10.0.0.1:9100"}, {"instance": "10.0.0.2:9100"}]
    assert sum(found[0].values) / len(found[0].values) == pytest.approx(0.27, abs=0.01)
    (full, _) = source.series(DISK, Window(past.minute(340), past.end))
    assert full.labels["mountpoint"] == "/"
    assert full.values[-1] == pytest.approx(0.78)
    (failed,) = source.series(OPERATIONS_ERRORS, Window(past.minute(130), past.minute(160)), apart=False)
    assert failed.values == pytest.approx([0.18] * len(failed.values))


def test_rows_hold_what_was_counted_through_the_restart(source: Source, past: Past) -> None:
    tables = {
        table.name: {
            tuple(row.labels.values())[2:]: row for row in source.histograms(table, Window(past.minute(180), past.end))
        }
        for table in (OPERATIONS, LLM, DATABASE, CACHE, STATEMENTS)
    }
    request, model = tables["operations"][("request",)], tables["llm"]["openai", "gpt-4o-mini"]
    read = [request.calls / 1e4, request.error_ratio, request.average, request.quantile(0.5)]
    assert read == pytest.approx([4.8, 0.0004, 1.27, 1.19], rel=0.02)
    assert [model.extras["cost_usd"], model.extras["input_tokens"] / model.calls] == pytest.approx(
        [3.84, 900], rel=0.02
    )
    hits = tables["cache"]["sessions", "L1"]
    assert hits.extras["hits"] / hits.calls == pytest.approx(0.97)
    assert [name for name, rows in tables.items() if not rows] == []


def test_alerts_that_fired_and_remarks_are_told(source: Source, past: Past) -> None:
    incidents = source.incidents(Window(past.minute(0), past.end))
    told = [(one.alert, one.severity, one.end is None) for one in incidents]
    assert told == [
        ("LlmErrorsHigh", "critical", False),
        ("OperationSlow", "warning", False),
        ("CacheHitRateLow", "warning", True),
    ]
    assert (incidents[0].end or 0) - incidents[0].start == pytest.approx(45 * 60, abs=400)
    remarks = {
        one.fingerprint: (one.text, sorted(one.findings)) for one in source.remarks(Window(past.minute(180), past.end))
    }
    assert remarks["aa01"] == ("SELECT * FROM memories WHERE owner = ?", ["n_plus_one", "select_star"])


def test_it_says_how_far_back_it_reaches(source: Source, past: Past) -> None:
    reach = source.reach()
    assert reach.oldest == pytest.approx(past.minute(0), abs=330)
    assert re.fullmatch(r"Prometheus at http://127\S+ knows of what was since \d{4}-\d\d-\d\d \d\d:\d\d", reach.told)


def test_a_long_range_is_read_in_pieces_and_progress_is_told(past: Past) -> None:
    told: list[tuple[str, int, int]] = []
    source = source_at(past.url, progress=lambda what, done, number: told.append((what, done, number)))
    week = Window(past.end - 7 * 86400, past.end)
    rows = {row.labels["cache"]: row.calls for row in source.histograms(CACHE, week) if row.labels["level"] == "L1"}
    assert rows["sessions"] == pytest.approx(20 * 360 * 60, rel=0.02)
    assert {number for _, _, number in told} == {7}
    years = Window(past.end - 3000 * 86400, past.end)
    assert {
        row.labels["cache"]: row.calls for row in source.histograms(CACHE, years) if row.labels["level"] == "L1"
    } == (pytest.approx(rows, rel=0.02))
    assert max(number for _, _, number in told) == 100


@contextmanager
def answering(status: int, body: str, seen: list[dict[str, str]] | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if seen is not None:
                seen.append({"path": self.path.partition("?")[0], **dict(self.headers.items())})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


WRONG = {
    "a web page": (200, "<!doctype html><p>Grafana", "answered a web page at /api/v1/query: is this the right address"),
    "404": (404, "no such page", "answered 404: it has no /api/v1/query: does the address lack a path prefix"),
    "401": (401, "", "answered 401: it wants a user or a token: --user with --password-file, or --token-file"),
    "500": (500, "oops", "answered 500: its log says why"),
    "a refusal": (422, '{"status": "error", "error": "query\\ntimed out"}', "refused: query timed out"),
    "other JSON": (200, '{"data": 3}', "answered something else at /api/v1/query: is it a Prometheus?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_line_with_place_and_cure(case: str) -> None:
    status, body, told = WRONG[case]
    with answering(status, body) as url, pytest.raises(PastError) as error:
        source_at(url).histograms(CACHE, Window(0, 600))
    assert str(error.value).startswith(f"Prometheus at {url} {told}")
    assert "\n" not in str(error.value)


def test_what_a_server_warns_of_is_passed_on_once(caplog: pytest.LogCaptureFixture) -> None:
    data = {"resultType": "matrix", "result": []}
    partial = json.dumps({"status": "success", "data": data, "warnings": ["one store\nis away", "PromQL info: fixed"]})
    with answering(200, partial) as url:
        source = source_at(url)
        assert source.series(CPU, Window(0, 600)) == source.series(DISK, Window(0, 600)) == []
    assert [record.message for record in caplog.records] == [f"Prometheus at {url} warns: one store is away"]


def test_a_server_that_is_down_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(PastError) as error:
        source_at(url).reach()
    assert str(error.value) == (
        f"Prometheus at {url} does not answer (Connection refused): is it running, and is the address right?"
    )


def test_a_prefix_credentials_and_headers_reach_the_server(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    access = Access(token_file=tmp_path / "token", headers=(("X-Scope-OrgID", "team"),))
    empty = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": []}})
    seen: list[dict[str, str]] = []
    with answering(200, empty, seen) as url:
        assert source_at(f"{url}/prometheus/", access=access).series(CPU, Window(0, 600)) == []
    (asked,) = seen
    assert (asked["path"], asked["Authorization"], asked["X-Scope-Orgid"]) == (
        "/prometheus/api/v1/query_range",
        "Bearer secret",
        "team",
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"start": "2026-11-20"}, "--start needs --end"),
        ({"end": "2026-11-20"}, "--end needs --start"),
        ({"start": "2026-11-20", "end": "2026-11-19"}, "the range ends (2026-11-19) before it begins (2026-11-20)"),
        ({"start": "yesterday", "end": "now"}, "'yesterday' is not a time such as"),
        ({"since": "a week"}, "'a week' is not a duration such as 30m, 24h, 7d or 1h30m"),
        ({"since": "0h"}, "'0h' lasts no time"),
        ({"since": "9999w"}, "9999w ago there were no clocks"),
        ({"since": "1h", "start": "2026-11-20", "end": "now"}, "--since and --start with --end are two ways"),
    ],
)
def test_half_a_range_and_what_is_no_range_are_refused(asked: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        window(1_764_000_000, **asked)


@pytest.mark.parametrize(
    "address", ["localhost:9090", "ftp://host", "http://", "http://user:secret@host", "http://host/?a=1", "http://h:x"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        source_at(address)
