"""However many series, processes and letters are sent, the store stays within its limits and says so."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tachograph_exporter.store import Limits

from ..otlp.exports import DELTA, Exporter, When, counter, gauge, histogram, request


def labelled(count: int, first: int = 0) -> list[dict[str, str]]:
    return [{"user": str(number)} for number in range(first, first + count)]


def test_series_past_the_limit_of_a_metric_are_counted_together() -> None:
    exporter = Exporter(Limits(metric_series=2))
    for second in (1, 2):
        jobs = [counter("jobs", second, When(0, second), labels=labels) for labels in labelled(5)]
        reply = exporter.send(*jobs, counter("mails", second, When(0, second)), at=second)
    assert reply.rejected == (0, "")
    assert exporter.samples("jobs") | exporter.samples("mails") | exporter.samples("tachograph_store") == {
        'jobs_total{service_name="shop",user="0"}': 2,
        'jobs_total{service_name="shop",user="1"}': 2,
        'jobs_total{otel_metric_overflow="true",service_name="shop"}': 6,
        'mails_total{service_name="shop"}': 2,
        "tachograph_store_folded_series_total": 3,
        "tachograph_store_series": 4,
        "tachograph_store_streams": 6,
        "tachograph_store_processes": 1,
    }


def test_series_past_the_limit_of_the_store_are_counted_together_metric_by_metric() -> None:
    exporter = Exporter(Limits(series=1))
    for name in ("jobs", "mails"):
        exporter.send(*[histogram(name, [1, 0, 0], labels=labels) for labels in labelled(3)])
    assert exporter.samples("jobs_seconds_count") | exporter.samples("mails_seconds_count") == {
        'jobs_seconds_count{service_name="shop",user="0"}': 1,
        'jobs_seconds_count{otel_metric_overflow="true",service_name="shop"}': 2,
        'mails_seconds_count{otel_metric_overflow="true",service_name="shop"}': 3,
    }


def test_deltas_past_the_limit_are_counted_together() -> None:
    exporter = Exporter(Limits(metric_series=1))
    for second in (1, 2):
        when = When(second - 1, second)
        exporter.send(*[counter("jobs", 1, when, labels=labels, temporality=DELTA) for labels in labelled(3)])
    assert exporter.samples("jobs") == {
        'jobs_total{service_name="shop",user="0"}': 2,
        'jobs_total{otel_metric_overflow="true",service_name="shop"}': 4,
    }


def test_gauges_past_the_limit_are_refused_for_their_newest_would_say_nothing() -> None:
    exporter = Exporter(Limits(metric_series=1))
    reply = exporter.send(*[gauge("heat", 1.0, labels=labels) for labels in labelled(3)])
    assert (reply.rejected, exporter.samples("heat")) == (
        (2, "2: the gauge has too many sets of labels (heat)"),
        {'heat{service_name="shop",user="0"}': 1},
    )


def test_many_services_past_the_limit_share_one_overflow_series() -> None:
    exporter = Exporter(Limits(metric_series=1))
    for number in range(150):
        exporter.send(counter("jobs", 1), resource={"service.name": f"shop{number}"})
    counted = exporter.samples("jobs")
    assert (len(counted), sum(counted.values())) == (102, 150)
    assert counted['jobs_total{otel_metric_overflow="true"}'] == 49


def test_streams_past_the_limit_are_refused() -> None:
    exporter = Exporter(Limits(streams=2))
    reply = exporter.send(*[counter("jobs", 1, labels=labels) for labels in labelled(3)])
    assert reply.rejected == (1, "1: the store holds no more series (jobs)")


def test_processes_past_the_limit_are_refused() -> None:
    exporter = Exporter(Limits(processes=1))
    exporter.send(counter("jobs", 1), resource={"service.name": "shop"})
    reply = exporter.send(counter("jobs", 1), counter("mails", 1), resource={"service.name": "other"})
    assert reply.rejected == (2, "2: the store knows no more processes")


def test_metrics_past_the_limit_are_refused() -> None:
    exporter = Exporter(Limits(families=1))
    reply = exporter.send(counter("jobs", 1), counter("mails", 1))
    assert reply.rejected == (1, "1: the store holds no more metrics (mails)")


def test_a_process_that_is_gone_leaves_its_place_to_another() -> None:
    exporter = Exporter(Limits(processes=1, streams=1, process_seconds=60))
    exporter.send(counter("jobs", 1, When(0, 1)), at=1, resource={"service.name": "a"})
    exporter.clock.seconds = 100
    exporter.samples("jobs")
    reply = exporter.send(counter("jobs", 1, When(99, 101)), at=101, resource={"service.name": "b"})
    assert reply.rejected == (0, "")


def test_a_store_that_is_full_and_not_scraped_forgets_the_silent() -> None:
    exporter = Exporter(Limits(processes=1, expiry_seconds=60))
    exporter.send(counter("jobs", 1, When(0, 1)), at=1, resource={"service.name": "a"})
    reply = exporter.send(counter("jobs", 1, When(99, 100)), at=100, resource={"service.name": "b"})
    assert reply.rejected == (0, "")


def test_a_long_label_is_cut() -> None:
    exporter = Exporter(Limits(label_length=5))
    exporter.send(counter("jobs", 1, labels={"user": "0123456789"}))
    assert exporter.samples("jobs") == {'jobs_total{service_name="shop",user="01234"}': 1}


def test_a_million_sets_of_labels_cost_no_more_than_the_limits_allow() -> None:
    exporter = Exporter(Limits(metric_series=100, streams=1_000))
    message = request(counter("jobs", 1, labels={"user": ""}))
    points = message.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
    template = points[0]
    rejected = 0
    for start in range(0, 1_000_000, 50_000):
        points.clear()
        for number in range(start, start + 50_000):
            template.attributes[0].value.string_value = f"{number:07}"
            points.append(template)
        rejected += exporter.post(message.SerializeToString()).rejected[0]
    samples = exporter.samples("jobs")
    assert (len(samples), sum(samples.values()), rejected) == (101, 1_000, 999_000)


def memory_of(exporter: Exporter, bodies: Iterator[bytes]) -> float:
    """Return how many megabytes more there are after requests than after the first."""
    exporter.post(next(bodies))
    gc.collect()
    tracemalloc.start()
    try:
        for body in bodies:
            exporter.post(body)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / 1e6
    finally:
        tracemalloc.stop()


LARGE = "x" * 500_000
GIANTS: dict[str, Callable[[str], ExportMetricsServiceRequest]] = {
    "values of attributes": lambda text: request(counter("jobs", 1, labels={"text": text})),
    "keys of attributes": lambda text: request(counter("jobs", 1, labels={text: "x"})),
    "values of resources": lambda text: request(counter("jobs", 1), resource={"service.name": text}),
    "names of scopes": lambda text: request(counter("jobs", 1), scope={"name": text}),
    "attributes of scopes": lambda text: request(counter("jobs", 1), scope={"attributes": {"text": text}}),
    "names of metrics": lambda text: request(counter(text, 1)),
    "units of metrics": lambda text: request(counter("jobs", 1, unit=text)),
    "descriptions of metrics": lambda text: request(counter(f"jobs.{text[:9]}", 1, description=text)),
    "bounds of histograms": lambda text: request(
        histogram("waits", [0] * 20_001, bounds=[float(text[:9]) + place for place in range(20_000)])
    ),
    "many attributes": lambda text: request(
        counter("jobs", 1, labels={f"{text[:9]}{place}": "x" for place in range(2_000)})
    ),
}


@pytest.mark.parametrize("kind", GIANTS)
def test_giants_leave_little_behind(kind: str) -> None:
    bodies = (GIANTS[kind](f"{number:09}{LARGE}").SerializeToString() for number in range(10))
    assert memory_of(Exporter(), bodies) < 1
