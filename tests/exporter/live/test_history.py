"""The ring behind the live page, with a clock that passes when told to."""

import tracemalloc
from typing import Any

import pytest

from tachograph_exporter.exposition.distribution import Distribution
from tachograph_exporter.exposition.metric import Metric
from tachograph_exporter.live.frames import encoded
from tachograph_exporter.live.history import History
from tachograph_exporter.live.slots import ROWS_MAX
from tachograph_exporter.live.tables import CACHE, OPERATIONS
from tachograph_exporter.live.totals import quantile
from tachograph_exporter.live.view import View
from tests.exporter.otlp.exports import Clock

BOUNDS = (0.1, 1.0, 10.0)


def operations(*rows: tuple[str, tuple[int, ...]], error: str = "") -> Metric:
    """Return the family of operations with one row a name."""
    names = ("service_name", "tachograph_operation_name", *(("error_type",) if error else ()))
    values = [
        (("shop", name, *((error,) if error else ())), Distribution(BOUNDS, counts, sum(counts) * 0.5))
        for name, counts in rows
    ]
    return Metric("tachograph_operation_duration_seconds", "histogram", "", names, values)


def cpu(busy: float, idle: float) -> Metric:
    rows = [(("0", "user"), busy), (("0", "idle"), idle)]
    return Metric("node_cpu_seconds_total", "counter", "", ("cpu", "mode"), rows)


@pytest.fixture
def clock() -> Clock:
    return Clock(3000.0)


@pytest.fixture
def history(clock: Clock) -> History:
    return History(clock=clock)


def test_a_row_tells_of_the_last_five_minutes_alone(history: History, clock: Clock) -> None:
    seen = []
    for minute in range(12):
        clock.seconds = 3000.0 + 60 * minute
        history.take([operations(("pay", (0, 60 * min(minute, 4), 0, 0)))])
        seen.append(history.shown(OPERATIONS)[0]["calls"])
    assert seen == [0, 60, 120, 180, 240, 240, 180, 120, 60, 0, 0, 0]


def test_minutes_reach_a_quarter_of_an_hour_back(history: History, clock: Clock) -> None:
    view = View(history, host_name="here", wall_clock=lambda: 1000.0 + clock.seconds)
    seen = []
    for quarter in range(4 * 20 + 1):
        clock.seconds = 3000.0 + 15 * quarter
        history.take([operations(("pay", (0, quarter, 0, 0)))])
        rows: Any = view.minutes()["tables"]
        minutes = rows["operations"][0]["minutes"]
        seen.append((len(minutes), sum(minute["calls"] for minute in minutes)))
    ends = [minute["end"] for minute in minutes]
    assert (seen[3], seen[19], seen[60], seen[80]) == ((1, 3), (5, 19), (16, 60), (16, 61))
    assert ends == [4000 + 60 * minute for minute in range(6, 22)]


def test_percentiles_errors_and_rates_are_those_of_the_calls(history: History, clock: Clock) -> None:
    history.take([])
    clock.seconds += 10
    history.take([operations(("pay", (50, 40, 0, 0))), operations(("pay", (0, 10, 0, 0)), error="Timeout")])
    assert history.shown(OPERATIONS) == [
        {
            "id": "operations/1",
            "service": "shop",
            "environment": "",
            "operation": "pay",
            "calls": 100,
            "calls_per_second": 10.0,
            "active": 0.0,
            **dict.fromkeys(("llm_seconds", "db_seconds", "cache_seconds", "operation_seconds", "own_seconds"), 0.0),
            "cost_usd": 0.0,
            "errors": 10,
            "error_ratio": 0.1,
            "average_seconds": 0.5,
            "p50_seconds": 0.1,
            "p95_seconds": 0.91,
            "p99_seconds": 0.982,
        }
    ]


def test_counts_that_begin_anew_are_not_negative(history: History, clock: Clock) -> None:
    history.take([operations(("pay", (0, 100, 0, 0)))])
    clock.seconds += 20
    history.take([operations(("pay", (0, 7, 0, 0)))])
    assert history.shown(OPERATIONS)[0]["calls"] == 7


def test_the_host_is_drawn_with_gaps_where_nothing_was_measured(history: History, clock: Clock) -> None:
    for second, busy in ((0, 0.0), (5, 2.5), (10, 7.5), (25, 7.5), (30, 7.5)):
        clock.seconds = 3000.0 + second
        history.take([cpu(busy, second - busy)])
    assert history.timeline.lines(("cpu",))["cpu"][-6:] == [None, 0.5, 1.0, None, None, 0.0]


def test_an_alert_is_pending_until_it_has_held_for_as_long_as_its_rule_asks(history: History, clock: Clock) -> None:
    states = []
    for minute in range(12):
        clock.seconds = 3000.0 + 60 * minute
        history.take([cpu(60.0 * minute * 0.8, 60.0 * minute * 0.2)])
        alerts = history.alarms.shown(clock.seconds)
        states.append([(alert["alert"], alert["severity"], alert["state"]) for alert in alerts])
    pending, firing = [("HostCpuHigh", "warning", "pending")], [("HostCpuHigh", "warning", "firing")]
    assert states == [[], *[pending] * 10, firing]


def test_the_worse_severity_hides_the_milder_one(history: History, clock: Clock) -> None:
    names = ("service_name", "cache_name", "cache_level", "cache_request_result")
    told = []
    for minute in range(17):
        clock.seconds = 3000.0 + 60 * minute
        rows = [(("shop", "users", "L1", "hit"), 60.0 * minute), (("shop", "users", "L1", "miss"), 40.0 * minute)]
        history.take([Metric("cache_requests_total", "counter", "", names, rows)])
        told.append([(one["severity"], one["state"]) for one in history.alarms.shown(clock.seconds)])
    assert told == [[], *[[("critical", "pending")]] * 15, [("critical", "firing")]]


def test_rows_and_their_memory_are_bounded(history: History, clock: Clock) -> None:
    view = View(history, host_name="host")
    tracemalloc.start()
    for slot in range(23):
        clock.seconds = 3000.0 + 15 * slot
        history.take([operations(*((f"operation {number}", (0, slot, 0, slot)) for number in range(ROWS_MAX + 50)))])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(history.shown(OPERATIONS)) == ROWS_MAX
    assert kept < 16 * 1024 * 1024
    assert encoded(view.summary())


@pytest.mark.parametrize(
    ("counts", "expected"), [((0, 0, 0, 0), None), ((10, 0, 0, 0), 0.05), ((0, 0, 0, 3), 10.0), ((1, 0, 1, 0), 0.1)]
)
def test_a_quantile_is_prometheus_own(counts: tuple[int, ...], expected: float | None) -> None:
    assert quantile(0.5, BOUNDS, counts) == expected


def test_agents_and_tools_are_operations_too(history: History, clock: Clock) -> None:
    history.take([])
    clock.seconds += 10
    counted = Distribution(BOUNDS, (10, 0, 0, 0), 0.5)
    names = ("service_name", "gen_ai_agent_name")
    active = ("service_name", "tachograph_operation_name")
    history.take(
        [
            Metric("gen_ai_invoke_agent_duration_seconds", "histogram", "", names, [(("shop", "planner"), counted)]),
            Metric("tachograph_operation_active", "gauge", "", active, [(("shop", "planner"), 2.0)]),
        ]
    )
    (row,) = history.shown(OPERATIONS)
    assert (row["operation"], row["calls"], row["active"], row["p50_seconds"]) == ("planner", 10, 2.0, 0.05)


def test_a_cache_outside_memory_has_latencies_and_every_cache_what_it_saved(history: History, clock: Clock) -> None:
    history.take([])
    clock.seconds += 10
    names = ("service_name", "cache_name", "cache_level", "cache_request_result")
    rows = [(("shop", "users", "L2", "hit"), 30.0), (("shop", "users", "L2", "miss"), 10.0)]
    timed = Distribution(BOUNDS, (20, 20, 0, 0), 4.0)
    history.take(
        [
            Metric("cache_requests_total", "counter", "", names, rows),
            Metric("tachograph_cache_request_duration_seconds", "histogram", "", names[:3], [(rows[0][0][:3], timed)]),
            Metric("tachograph_cache_saved_time_seconds_total", "counter", "", names[:3], [(rows[0][0][:3], 12.0)]),
            Metric("tachograph_cache_saved_cost_usd_total", "counter", "", names[:3], [(rows[0][0][:3], 0.5)]),
        ]
    )
    (row,) = history.shown(CACHE)
    told = ("calls", "hit_ratio", "average_seconds", "p50_seconds", "saved_seconds", "saved_usd")
    assert [row[name] for name in told] == [40, 0.75, 0.1, 0.1, 12.0, 0.5]


def test_what_was_counted_before_the_first_calls_were_timed_is_counted_still(history: History, clock: Clock) -> None:
    names = ("service_name", "cache_name", "cache_level", "cache_request_result")

    def requests(hits: float) -> Metric:
        return Metric("cache_requests_total", "counter", "", names, [(("shop", "users", "L2", "hit"), hits)])

    history.take([requests(10)])
    clock.seconds += 60
    history.take([requests(30)])
    clock.seconds += 60
    timed = Metric(
        "tachograph_cache_request_duration_seconds",
        "histogram",
        "",
        names[:3],
        [(("shop", "users", "L2"), Distribution(BOUNDS, (5, 0, 0, 0), 0.5))],
    )
    history.take([requests(35), timed])
    (row,) = history.rows(CACHE)
    minutes = [(spent.calls, sum(spent.counts)) for _, spent, _ in row.minutes() if spent.calls]
    (shown,) = history.shown(CACHE)
    assert (shown["calls"], shown["average_seconds"], minutes) == (35, 0.1, [(10, 0), (20, 0), (5, 5)])


def test_more_calls_than_four_bytes_hold_are_counted(history: History, clock: Clock) -> None:
    history.take([operations(("pay", (0, 0, 0, 0)))])
    for calls in (2**32 - 5, 2**32 + 95, 2**40):
        clock.seconds += 400
        history.take([operations(("pay", (0, calls - 100, 0, 0)))])
        clock.seconds += 400
        history.take([operations(("pay", (0, calls, 0, 0)))])
        assert history.shown(OPERATIONS)[0]["calls"] == 100
