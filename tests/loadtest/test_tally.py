"""What clients saw, counted in bins."""

import json
import random

import pytest

from tachograph_exporter.loadtest.tally import NAMES_MAX, OTHERS, Tally, merged, note, parse, plain, total


def test_percentiles_are_right_to_one_per_cent() -> None:
    rng, tally = random.Random(9), Tally()
    times = sorted(rng.lognormvariate(-3, 1) for _ in range(5000))
    for seconds in times:
        note(tally, "a", seconds, None)

    assert [tally["a"].quantile(share) for share in (0.5, 0.95, 0.99)] == pytest.approx(
        [times[2499], times[4749], times[4949]], rel=0.0101
    )


def test_tallies_add_up_and_survive_the_way_between_processes() -> None:
    one, other = Tally(), Tally()
    note(one, "a", 0.1, None)
    note(one, "a", 0.2, "HTTP 503")
    note(other, "a", 0.3, "HTTP 503")
    note(other, "b", 0.0, "TimeoutError")
    sent = [parse(json.loads(json.dumps(plain(each)))) for each in (one, other)]
    seen = total(merged(sent))

    assert sent == [one, other]
    assert (seen.requests, seen.errors, seen.error_ratio) == (4, {"HTTP 503": 2, "TimeoutError": 1}, 0.75)


def test_names_without_end_are_counted_as_others() -> None:
    tally = Tally()
    for number in range(NAMES_MAX + 50):
        note(tally, f"/item/{number}", 0.1, f"kind {number}")
        note(tally, "/", 0.1, f"kind {number}")

    assert (len(tally), tally[OTHERS].requests, len(tally["/"].errors)) == (NAMES_MAX + 1, 51, 21)
