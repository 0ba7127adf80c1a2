"""The line through a series, and what is said of its end: of courses whose truth is known."""

import math
import random
from collections.abc import Callable

import pytest

from tachograph_exporter.capacity.forecast import Forecast, forecast
from tachograph_exporter.capacity.resources import RESOURCES
from tachograph_exporter.capacity.trend import trend
from tachograph_exporter.past.series import Series

HOUR, DAY = 3600.0, 86400.0
START = 1_700_000_000.0
RESOURCE = {one.measure.name: one for one in RESOURCES}
Course = Callable[[float, random.Random], float]


def of(course: Course, *, hours: float = 24, name: str = "disk", seed: int = 7) -> Forecast:
    """Return what is forecast of a course a minute apart; it is given the hours since its start."""
    rng = random.Random(seed)
    times = tuple(START + minute * 60 for minute in range(int(hours * 60) + 1))
    values = tuple(course((at - START) / HOUR, rng) for at in times)
    return forecast(RESOURCE[name], Series({"instance": "a", "mountpoint": "/"}, times, values))


def test_a_straight_line_ends_on_the_hour_it_must() -> None:
    told = of(lambda hour, _: 0.5 + 0.01 * hour)

    assert (told.outcome, told.at, told.earliest, told.latest) == (
        "ends",
        *[pytest.approx(START + 50 * HOUR, abs=60)] * 3,
    )
    assert told.per_day == pytest.approx(0.24)


def test_the_interval_holds_the_truth_in_most_noisy_courses() -> None:
    held = 0
    for seed in range(60):
        told = of(lambda hour, rng: 0.5 + 0.01 * hour + rng.gauss(0, 0.02), seed=seed)
        held += bool(told.earliest and told.latest and told.earliest <= START + 50 * HOUR <= told.latest)

    assert held >= 55


@pytest.mark.parametrize(
    ("course", "hours", "name", "outcome"),
    [
        (lambda _hour, rng: 0.5 + rng.gauss(0, 0.05), 24, "disk", "no trend"),
        (lambda _hour, _rng: 0.5, 24, "disk", "no trend"),
        (lambda hour, rng: 0.5 + 0.2 * math.sin(hour * math.tau / 24) + rng.gauss(0, 0.01), 24, "memory", "no trend"),
        (lambda hour, _rng: 0.9 - 0.01 * hour, 24, "disk", "shrinks"),
        (lambda hour, _rng: 0.5 + 0.0001 * hour, 24, "disk", "not in sight"),
        (lambda hour, _rng: 0.5 + 0.1 * hour, 0.5, "disk", "too little data"),
        (lambda hour, _rng: 0.5 + 0.01 * hour, 2, "memory", "too little data"),
        (lambda hour, _rng: min(1.0, 0.5 + 0.1 * hour), 24, "disk", "at its end"),
        (lambda hour, _rng: 1.8 if hour % 24 < 12 else 0.6, 24, "budget", "at its end"),
    ],
)
def test_what_the_data_do_not_show_is_not_said(course: Course, hours: float, name: str, outcome: str) -> None:
    told = of(course, hours=hours, name=name)

    assert (told.outcome, told.at, told.earliest, told.latest) == (outcome, None, None, None)


def test_points_that_are_like_their_neighbours_are_seldom_taken_for_a_trend() -> None:
    called = 0
    for seed in range(60):
        rng, stray, values = random.Random(seed), 0.0, []
        for _ in range(289):
            stray = 0.9 * stray + rng.gauss(0, 0.01)
            values.append(0.5 + stray)
        found = trend([START + 300 * place for place in range(289)], values)
        called += bool(found and (found.grows or found.shrinks))

    assert called <= 6  # of 60, where one in twenty is allowed


def test_a_walk_without_direction_is_seldom_taken_for_a_trend() -> None:
    called = 0
    for seed in range(60):
        rng, level, values = random.Random(seed), 0.5, []
        for _ in range(289):
            level += rng.gauss(0, 0.002)
            values.append(level)
        times = [START + 300 * place for place in range(289)]
        found = trend(times, values)
        called += bool(found and (found.grows or found.shrinks))

    assert called <= 30  # every trend of such a walk is chance, and no test that sees one past of it can know


def test_wild_points_do_not_turn_the_line() -> None:
    told = of(lambda hour, rng: 0.99 if rng.random() < 0.1 else 0.5 + 0.01 * hour)

    assert told.at == pytest.approx(START + 50 * HOUR, rel=0, abs=HOUR)


def test_how_much_past_is_lacking_is_said() -> None:
    assert of(lambda hour, _: 0.5 + 0.1 * hour, hours=0.5).why == "needs 1 h, has 30 min"
