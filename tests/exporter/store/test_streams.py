"""What processes report, in whatever order and however often, is counted once."""

import pytest

from tachograph_exporter.store import Limits

from ..otlp.exports import CUMULATIVE, DELTA, Exporter, When, counter, gauge, histogram

JOBS = 'jobs_total{service_name="shop"}'
FIRST = {"service.name": "shop", "service.instance.id": "1"}
SECOND = {"service.name": "shop", "service.instance.id": "2"}


def jobs(exporter: Exporter) -> float | None:
    return exporter.samples("jobs").get(JOBS)


def test_a_cumulative_counter_is_what_it_says() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 3, When(0, 1)), at=1)
    exporter.send(counter("jobs", 10, When(0, 2)), at=2)
    assert jobs(exporter) == 10


def test_delta_counters_add_up() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 3, When(0, 1), temporality=DELTA), at=1)
    exporter.send(counter("jobs", 4, When(1, 2), temporality=DELTA), at=2)
    assert jobs(exporter) == 7


@pytest.mark.parametrize("temporality", [CUMULATIVE, DELTA])
def test_an_export_that_comes_twice_counts_once(temporality: int) -> None:
    exporter = Exporter()
    for _ in range(2):
        reply = exporter.send(
            counter("jobs", 3, When(0, 1), temporality=temporality),
            histogram("waits", [1, 2, 3], When(0, 1), total=4.5, temporality=temporality),
        )
    assert reply.rejected == (0, "")
    assert exporter.samples("jobs") | exporter.samples("waits") | exporter.samples("tachograph_otlp_refused") == {
        JOBS: 3,
        'waits_seconds_bucket{le="0.1",service_name="shop"}': 1,
        'waits_seconds_bucket{le="1.0",service_name="shop"}': 3,
        'waits_seconds_bucket{le="+Inf",service_name="shop"}': 6,
        'waits_seconds_count{service_name="shop"}': 6,
        'waits_seconds_sum{service_name="shop"}': 4.5,
        'tachograph_otlp_refused_points_total{reason="duplicate"}': 2,
    }


def test_a_cumulative_report_that_comes_late_changes_nothing() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 10, When(0, 2)), at=2)
    exporter.send(counter("jobs", 3, When(0, 1)), at=2)
    assert (jobs(exporter), exporter.store.tally.refused) == (10, {"out_of_order": 1})


def test_a_delta_that_comes_late_fills_the_gap_it_left() -> None:
    exporter = Exporter()
    for start, end in ((0, 1), (2, 3), (1, 2), (1, 2)):
        exporter.send(counter("jobs", 1, When(start, end), temporality=DELTA), at=3)
    assert (jobs(exporter), exporter.store.tally.refused) == (3, {"duplicate": 1})


def test_parts_of_a_gap_are_filled_one_by_one() -> None:
    exporter = Exporter()
    for start, end in ((0, 1), (5, 6), (2, 3), (3, 4), (2, 3), (1, 2), (4, 5), (4, 5)):
        exporter.send(counter("jobs", 1, When(start, end), temporality=DELTA), at=6)
    assert (jobs(exporter), exporter.store.tally.refused) == (6, {"duplicate": 2})


def test_a_counter_that_falls_back_was_reset() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 10, When(0, 1)), at=1)
    exporter.send(counter("jobs", 2, When(0, 2)), at=2)
    exporter.send(counter("jobs", 5, When(0, 3)), at=3)
    assert jobs(exporter) == 15


def test_a_histogram_that_falls_back_was_reset() -> None:
    exporter = Exporter()
    exporter.send(histogram("waits", [5, 0, 0], When(0, 1), total=0.1), at=1)
    exporter.send(histogram("waits", [1, 6, 0], When(0, 2), total=3.0), at=2)
    assert exporter.samples("waits_seconds_count") | exporter.samples("waits_seconds_sum") == {
        'waits_seconds_count{service_name="shop"}': 12,
        'waits_seconds_sum{service_name="shop"}': 3.1,
    }


def test_a_process_that_restarts_goes_on_from_where_the_last_one_ended() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 10, When(0, 5)), at=5)
    exporter.send(counter("jobs", 12, When(6, 7)), at=7)
    assert jobs(exporter) == 22


def test_processes_of_a_service_are_summed_and_leave_their_counts_behind() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 10, When(0, 1)), at=1, resource=FIRST)
    exporter.send(counter("jobs", 5, When(0, 1)), at=1, resource=SECOND)
    exporter.send(counter("jobs", 7, When(0, 900)), at=900, resource=SECOND)
    exporter.send(counter("jobs", 9, When(0, 4000)), at=4000, resource=SECOND)
    assert exporter.samples("jobs") | exporter.samples("tachograph_store_processes") == {
        JOBS: 19,
        "tachograph_store_processes": 1,
    }


def test_processes_with_the_same_resource_are_told_apart_by_their_start() -> None:
    exporter = Exporter()
    for second in range(1, 4):
        for start, step in ((0.001, 1), (0.002, 10), (0.003, 100)):
            exporter.send(counter("jobs", step * second, When(start, second)), at=second)
    assert jobs(exporter) == 333


def test_the_order_of_attributes_does_not_matter() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 3, When(0, 1), labels={"a": "1", "b": "2"}), at=1)
    exporter.send(counter("jobs", 5, When(0, 2), labels={"b": "2", "a": "1"}), at=2)
    resource = {"service.instance.id": "1", "service.name": "shop"}
    exporter.send(counter("mails", 3, When(0, 1)), at=1, resource=FIRST)
    exporter.send(counter("mails", 5, When(0, 2)), at=2, resource=resource)
    assert exporter.samples("jobs") | exporter.samples("mails") == {
        'jobs_total{a="1",b="2",service_name="shop"}': 5,
        'mails_total{service_name="shop"}': 5,
    }


def test_what_began_before_the_exporter_counts_from_its_first_report() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 1000, When(-3600, 1)), histogram("waits", [5, 0, 0], When(-3600, 1)), at=1)
    before = exporter.samples("jobs") | exporter.samples("waits_seconds_count")
    exporter.send(counter("jobs", 1002, When(-3600, 6)), histogram("waits", [5, 1, 0], When(-3600, 6)), at=6)
    waits = 'waits_seconds_count{service_name="shop"}'
    assert before == {JOBS: 0, waits: 0}
    assert exporter.samples("jobs") | exporter.samples("waits_seconds_count") == {JOBS: 2, waits: 1}


def test_a_sender_whose_clock_is_wrong_is_counted_all_the_same() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 3, When(-86_400, -86_399)), at=1)
    assert jobs(exporter) == 3


def test_a_series_without_a_start_counts_from_its_process_first_report() -> None:
    exporter = Exporter()
    exporter.send(counter("jobs", 1000, When(None, 1)), at=1)
    exporter.send(counter("jobs", 1001, When(None, 2)), counter("mails", 4, When(None, 2)), at=2)
    assert exporter.samples("jobs") | exporter.samples("mails") == {JOBS: 1, 'mails_total{service_name="shop"}': 4}


def test_a_process_that_was_forgotten_and_returns_is_not_counted_twice() -> None:
    exporter = Exporter(Limits(process_seconds=60))
    exporter.send(counter("jobs", 10, When(0, 1)), at=1)
    exporter.send(at=500, resource=SECOND)
    exporter.samples("jobs")
    exporter.send(counter("jobs", 12, When(0, 501)), at=501)
    exporter.send(counter("jobs", 13, When(0, 502)), at=502)
    assert jobs(exporter) == 11


def test_a_process_that_reports_seldom_is_counted_whole() -> None:
    exporter = Exporter()
    for second in (1, 1201, 2401):
        exporter.send(counter("jobs", second, When(0, second)), at=second)
    assert jobs(exporter) == 2401


def test_a_gauge_is_what_was_said_last() -> None:
    exporter = Exporter()
    exporter.send(gauge("heat", 20.0, When(0, 1)), at=1, resource=FIRST)
    exporter.send(gauge("heat", 30.0, When(0, 2)), at=2, resource=SECOND)
    exporter.send(gauge("heat", 25.0, When(0, 3)), at=3, resource=FIRST)
    assert exporter.samples("heat") == {'heat{service_name="shop"}': 25}


def test_up_down_counters_are_summed_over_the_live_processes() -> None:
    exporter = Exporter(Limits(expiry_seconds=60))
    exporter.send(counter("open", 4, When(0, 1), monotonic=False), at=1, resource=FIRST)
    exporter.send(counter("open", 3, When(0, 1), monotonic=False), at=1, resource=SECOND)
    both = exporter.samples("open")
    exporter.send(counter("open", 2, When(0, 100), monotonic=False), at=100, resource=SECOND)
    one = exporter.samples("open")
    exporter.clock.seconds = 200
    series = 'open{service_name="shop"}'
    assert (both, one, exporter.samples("open")) == ({series: 7}, {series: 2}, {})


def test_steps_of_an_up_down_counter_add_up() -> None:
    exporter = Exporter()
    for second, step in ((1, 5), (2, -3), (2, -3)):
        when = When(second - 1, second)
        exporter.send(counter("open", step, when, monotonic=False, temporality=DELTA), at=second)
    assert exporter.samples("open") == {'open{service_name="shop"}': 2}


def test_a_gauge_that_a_live_process_reports_no_more_expires() -> None:
    exporter = Exporter(Limits(expiry_seconds=60))
    exporter.send(gauge("heat", 1.0, When(0, 1), labels={"room": "a"}), at=1)
    for second in (50, 100):
        exporter.send(gauge("heat", 2.0, When(0, second), labels={"room": "b"}), at=second)
    assert exporter.samples("heat") == {'heat{room="b",service_name="shop"}': 2}


def test_a_gauge_that_its_process_ends_is_gone_at_once() -> None:
    exporter = Exporter()
    exporter.send(gauge("heat", 1.0, When(0, 1)), counter("jobs", 5, When(0, 1)), at=1)
    ended, total = gauge("heat", 0.0, When(0, 2)), counter("jobs", 0, When(0, 2))
    ended.gauge.data_points[0].flags = total.sum.data_points[0].flags = 1
    exporter.send(ended, total, at=2)
    assert exporter.samples("heat") | exporter.samples("jobs") == {JOBS: 5}


def test_a_counter_nobody_reports_goes_after_its_own_time() -> None:
    exporter = Exporter(Limits(process_seconds=60, counter_expiry_seconds=1000))
    exporter.send(counter("jobs", 5, When(0, 1)), at=1)
    found = []
    for second in (500, 1000, 2500):
        exporter.clock.seconds = second
        found.append(jobs(exporter))
    assert found == [5, 5, None]


def test_processes_with_other_buckets_are_counted_in_the_first_ones() -> None:
    exporter = Exporter()
    exporter.send(histogram("waits", [1, 1, 1], When(0, 1), bounds=(0.1, 1.0)), at=1, resource=FIRST)
    exporter.send(histogram("waits", [1, 1, 1, 1], When(0, 1), bounds=(0.05, 0.5, 1.0)), at=1, resource=SECOND)
    assert exporter.samples("waits_seconds_bucket") == {
        'waits_seconds_bucket{le="0.1",service_name="shop"}': 2,
        'waits_seconds_bucket{le="1.0",service_name="shop"}': 5,
        'waits_seconds_bucket{le="+Inf",service_name="shop"}': 7,
    }
