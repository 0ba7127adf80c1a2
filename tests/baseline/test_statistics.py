"""The test of a comparison, on invented calls: it finds what changed, and seldom anything else."""

import math
import random
from bisect import bisect_left

import pytest

from tachograph_exporter.baseline.comparison import Verdict, compare
from tachograph_exporter.baseline.record import Record, Row
from tachograph_exporter.baseline.statistics import percentile, proportion
from tachograph_exporter.rules.objective import BOUNDS

SEED = 20261121


def record(rng: random.Random, *, calls: int, slices: int, median: float, wobble: float, errors: float = 0.0) -> Record:
    """Return one operation's calls, log-normal around a median that wobbles from slice to slice."""
    counted, failed = [], []
    for _ in range(slices):
        moved = median * math.exp(rng.gauss(0, wobble))
        counts = [0.0] * (len(BOUNDS) + 1)
        for _ in range(calls // slices):
            counts[bisect_left(BOUNDS, moved * rng.lognormvariate(0, 0.6))] += 1
        counted.append(tuple(counts))
        failed.append(float(sum(rng.random() < errors for _ in range(calls // slices))))
    row = Row("operations", {"service": "shop", "operation": "request"}, BOUNDS, tuple(counted), tuple(failed))
    return Record("x", "", 0, 1, (row,))


def verdicts(then: Record, now: Record, fail_on: float = 0.2) -> dict[str, Verdict]:
    return {one.measure: one.verdict for one in compare(then, now, fail_on=fail_on).findings}


@pytest.mark.parametrize(("calls", "slices", "wobble"), [(1000, 20, 0.2), (1000, 8, 0.1), (2000, 1, 0.0)])
def test_nothing_is_called_worse_where_nothing_changed(calls: int, slices: int, wobble: float) -> None:
    rng = random.Random(SEED)
    same = [record(rng, calls=calls, slices=slices, median=0.3, wobble=wobble, errors=0.01) for _ in range(120)]
    called = sum(bool(compare(one, other, fail_on=0).worse) for one, other in zip(same[::2], same[1::2], strict=True))

    assert called <= 3  # of 60; one in twenty is what the test allows itself


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"median": 0.42}, {"p50": "worse", "p95": "worse", "p99": "worse", "errors": "same"}),
        ({"median": 0.2}, {"p50": "better", "p95": "better", "p99": "better", "errors": "same"}),
        ({"errors": 0.05}, {"p50": "same", "p95": "same", "p99": "same", "errors": "worse"}),
        ({"median": 0.31}, {"p50": "same", "p95": "same", "p99": "same", "errors": "same"}),
        ({"calls": 400}, {"p50": "same", "p95": "same", "p99": "too few calls", "errors": "same"}),
    ],
)
def test_a_change_is_called_what_it_is(change: dict[str, float], expected: dict[str, str]) -> None:
    usual = {"calls": 20_000, "slices": 20, "median": 0.3, "wobble": 0.02, "errors": 0.0}
    then, now = (record(random.Random(SEED), **one) for one in (usual, usual | change))  # type: ignore[arg-type]

    assert verdicts(then, now) == expected


def test_an_incident_of_one_slice_in_twenty_is_not_taken_for_a_change() -> None:
    rng = random.Random(SEED)
    then = record(rng, calls=20_000, slices=20, median=0.3, wobble=0.02)
    (row,) = record(rng, calls=20_000, slices=20, median=0.3, wobble=0.02).rows
    bad = Row(row.table, row.labels, row.bounds, row.slices, (*row.errors[:-1], 900.0))

    assert verdicts(then, Record("x", "", 0, 1, (bad,)))["errors"] == "unclear"


def test_a_percentile_above_every_bucket_is_worse_than_one_below_and_no_ground_to_compare() -> None:
    within = Row("operations", {"operation": "a"}, (1.0, 2.0), ((0.0, 1000.0, 0.0),), (0.0,))
    above = Row("operations", {"operation": "a"}, (1.0, 2.0), ((0.0, 0.0, 1000.0),), (0.0,))
    low, high = (Record("x", "", 0, 1, (row,)) for row in (within, above))

    assert verdicts(low, high)["p95"] == "worse"
    assert verdicts(high, low)["p95"] == "beyond the buckets"
    assert verdicts(high, high)["p95"] == "beyond the buckets"


def test_estimates_agree_with_what_is_known_of_them() -> None:
    counts = (0.0,) * 8 + (500.0, 500.0) + (0.0,) * 7
    middle = percentile(BOUNDS, [counts], 0.5, error=0.05)
    share = proportion([10.0], [1000.0], error=0.05)

    assert middle is not None
    assert (middle.value, middle.low, middle.high) == pytest.approx((0.5, 0.4814, 0.5310), abs=1e-3)
    assert share is not None
    assert (share.value, share.low, share.high) == pytest.approx((0.01, 0.00383, 0.01831), abs=1e-5)
