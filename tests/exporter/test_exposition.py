"""The text formats, with prometheus-client's own writers as the oracle."""

import gc
import itertools
import string
import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import Metric as ClientMetric
from prometheus_client import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics import parser
from prometheus_client.registry import Collector, CollectorRegistry

from tachograph_exporter.exposition.distribution import Counted, Distribution, Exemplar, Quantiles
from tachograph_exporter.exposition.metric import Kind, Metric, Value, counter, family, gauge
from tachograph_exporter.exposition.text import OpenMetricsWriter, TextWriter
from tachograph_exporter.registry import client_metric

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('\\"\n%{}, ')), max_size=12)
NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(2**64), 2**64),
    st.sampled_from([0.0, -0.0, 1e6, 999_999.0, 1e-7, 123_456_789.125, 2.0**53, 1e16, 1e22, -1e6]),
)
COUNTS = st.one_of(st.integers(0, 50), st.integers(0, 2**50))
EXEMPLARS = st.one_of(
    st.none(),
    st.builds(
        Exemplar,
        st.tuples(st.tuples(st.just("trace_id"), st.text(string.hexdigits, min_size=32, max_size=32))),
        st.floats(0, 1e9),
        st.one_of(st.none(), st.floats(0, 2e9)),
    ),
)


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    finite = st.floats(allow_nan=False, allow_infinity=False).map(lambda bound: bound + 0.0)  # never -0.0
    bounds = draw(st.lists(finite, max_size=6, unique=True).map(sorted))
    size = len(bounds) + 1
    counts = draw(st.lists(COUNTS, min_size=size, max_size=size))
    exemplars = draw(st.one_of(st.just([]), st.lists(EXEMPLARS, min_size=size, max_size=size)))
    return Distribution(tuple(bounds), counts, draw(st.floats()), exemplars)


QUANTILES = st.builds(
    Quantiles, st.lists(st.tuples(st.floats(0, 1), st.floats()), max_size=3).map(tuple), NUMBERS, NUMBERS
)
VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    "gauge": NUMBERS,
    "unknown": NUMBERS,
    "counter": st.one_of(NUMBERS, st.builds(Counted, NUMBERS, EXEMPLARS.filter(bool))),
    "histogram": distributions(),
    "info": st.just(1.0),
    "summary": QUANTILES,
}
SUFFIXES: dict[Kind, str] = {"counter": "_total", "info": "_info"}


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    kind: Kind = draw(st.sampled_from(list(VALUES)))
    names = tuple(draw(st.lists(NAMES.filter(lambda name: name not in ("le", "quantile")), max_size=3, unique=True)))
    labels = st.tuples(*(TEXT for _ in names))
    rows = draw(st.lists(st.tuples(labels, VALUES[kind]), max_size=4, unique_by=lambda row: row[0]))
    unit = draw(st.sampled_from(["", "seconds", "bytes_per_second"])) if kind != "info" else ""
    name = draw(NAMES) + (f"_{unit}" if unit else "") + SUFFIXES.get(kind, "")
    return Metric(name, kind, draw(TEXT), names, rows, unit)


def alone(metric: Metric) -> str:
    return metric.name.removesuffix(SUFFIXES.get(metric.kind, ""))


FAMILIES = st.lists(metrics(), max_size=4, unique_by=alone)


class Given(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[ClientMetric]:
        yield from map(client_metric, self.metrics)


def registry(metrics: Sequence[Metric]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Given(metrics))
    return registry


@settings(max_examples=100, deadline=None)
@given(FAMILIES)
def test_text_is_byte_for_byte_what_prometheus_client_writes(metrics: list[Metric]) -> None:
    writer, expected = TextWriter(), generate_latest(registry(metrics))
    assert [writer.write(metrics), writer.write(metrics)] == [expected, expected]


@settings(max_examples=100, deadline=None)
@given(FAMILIES)
def test_openmetrics_is_byte_for_byte_what_prometheus_client_writes(metrics: list[Metric]) -> None:
    writer, expected = OpenMetricsWriter(), openmetrics.generate_latest(registry(metrics))  # type: ignore[no-untyped-call] # the library's own lack
    assert [writer.write(metrics), writer.write(metrics)] == [expected, expected]


def test_ten_thousand_histogram_lines_are_what_prometheus_client_writes() -> None:
    bounds = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
    rows = [
        ((f"operation {number}", "demo"), Distribution(bounds, [number * place for place in range(17)], number / 7))
        for number in range(527)
    ]
    metric = family("operation_duration_seconds", "histogram", "Duration.", ("operation", "service_name"), rows)
    text = TextWriter().write([metric])
    assert (text == generate_latest(registry([metric])), text.count(b"\n")) == (True, 527 * 19 + 2)


def test_what_changed_between_two_scrapes_is_written_anew() -> None:
    writer = TextWriter()
    scrapes = [
        family("x", "gauge", "One.", ("a",), [(("1",), 1.0)]),
        family("x", "gauge", "One.", ("a", "b"), [(("1", "2"), 1.0)]),
        family("x", "gauge", "Two.", ("a",), [(("1",), 1.0), (("2",), 2.0)]),
        family("x", "unknown", "Two.", ("a",), [(("2",), 2.0)]),
        family("x", "histogram", "Two.", ("a",), [(("2",), Distribution((1.0,), [1, 2], 3.0))]),
        family("x", "histogram", "Two.", ("a",), [(("2",), Distribution((1.0, 2.0), [1, 2, 3], 3.0))]),
    ]
    assert [writer.write([one]) for one in scrapes] == [generate_latest(registry([one])) for one in scrapes]


def test_a_family_in_pieces_is_written_once_with_all_label_names() -> None:
    pieces = [
        family("x", "gauge", "One.", ("a",), [(("1",), 1.0)]),
        gauge("y", "Other.", 5),
        family("x", "gauge", "Another piece.", ("b",), [(("2",), 2.0)]),
        counter("x", "A stranger of the same name.", 3),
    ]
    assert TextWriter().write(pieces).decode() == (
        '# HELP x One.\n# TYPE x gauge\nx{a="1"} 1.0\nx{b="2"} 2.0\n# HELP y Other.\n# TYPE y gauge\ny 5.0\n'
    )


def test_bytes_that_are_no_utf_8_become_replacement_characters() -> None:
    mount = b"/mnt/\xff\xe4".decode(errors="surrogateescape")
    metric = family("x", "gauge", "One.", ("mountpoint",), [((mount,), 1.0)])
    assert TextWriter().write([metric]).decode().splitlines()[-1] == 'x{mountpoint="/mnt/\ufffd\ufffd"} 1.0'


def test_series_that_went_away_are_forgotten() -> None:
    writer, pids = TextWriter(), itertools.count()

    def scrape(times: int) -> int:
        for _ in range(times):
            rows = [((str(next(pids)),), 1.0) for _ in range(100)]
            writer.write([family("x", "gauge", "One.", ("pid",), rows)])
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        early, late = scrape(20), scrape(200)
    finally:
        tracemalloc.stop()
    assert late - early < 100 * 500


def test_openmetrics_carries_exemplars_that_its_parser_reads() -> None:
    exemplar = Exemplar((("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"), ("span_id", "00f067aa0ba902b7")), 0.7, 1.5e9)
    oversized = Exemplar((("trace_id", "x" * 129),), 0.7)
    value = Distribution((0.5, 1.0), [1, 2, 3], 4.0, [oversized, exemplar, None])
    metric = family("duration_seconds", "histogram", "Duration.", ("service_name",), [(("demo",), value)])
    text = OpenMetricsWriter().write([metric]).decode()
    (parsed,) = parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call] # the library's own lack
    found = [sample.exemplar and (sample.exemplar.labels, sample.exemplar.value) for sample in parsed.samples]
    assert found == [None, (dict(exemplar.labels), 0.7), None, None, None]


@pytest.mark.parametrize("writer", [TextWriter, OpenMetricsWriter])
def test_a_counter_without_total_is_written_under_its_own_name(writer: type[TextWriter]) -> None:
    lines = writer().write([counter("node_odd", "Odd.", 1)]).decode().splitlines()
    kind = "unknown" if writer is OpenMetricsWriter else "counter"
    assert lines[:3] == ["# HELP node_odd Odd.", f"# TYPE node_odd {kind}", "node_odd 1.0"]
