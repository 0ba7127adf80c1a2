"""The application's own metrics and scores."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import tachograph
from tachograph import custom
from tests.fixtures.telemetry import Seeing, Series


@pytest.fixture(autouse=True)
def _forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom, "_declared", {})


def told(telemetry: Seeing, name: str) -> list[tuple[dict[str, object], int | None, float]]:
    return [(point.labels, point.count, point.sum) for point in telemetry.points(name)]


def test_a_counter_is_added_to(telemetry: Seeing) -> None:
    tachograph.declare("orders", "counter", unit="{order}")
    tachograph.record("orders", 2, region="eu")
    tachograph.record("orders", 3, region="eu")
    tachograph.record("orders", 1, region="us")
    assert told(telemetry, "orders") == [({"region": "eu"}, None, 5), ({"region": "us"}, None, 1)]


def test_a_gauge_is_set(telemetry: Seeing) -> None:
    tachograph.declare("queue", "gauge")
    tachograph.record("queue", 7)
    tachograph.record("queue", 4)
    assert told(telemetry, "queue") == [({}, None, 4)]


def test_what_is_not_declared_is_a_histogram(telemetry: Seeing) -> None:
    tachograph.record("basket", 20, kind="a", vip=True)
    tachograph.record("basket", 30, vip=True, kind="a")
    assert told(telemetry, "basket") == [({"kind": "a", "vip": True}, 2, 50)]


def test_a_histogram_has_the_buckets_it_was_declared_with(telemetry: Seeing) -> None:
    tachograph.declare("basket", "histogram", buckets=(10, 100))
    tachograph.record("basket", 20)
    assert [point.buckets for point in telemetry.points("basket")] == [(10, 100)]


def test_a_name_is_of_one_kind() -> None:
    tachograph.declare("orders", "counter")
    tachograph.declare("orders", "counter")
    with pytest.raises(ValueError, match="already a counter"):
        tachograph.declare("orders", "gauge")


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 10**400, "many", "1", None])
def test_a_value_that_makes_no_sense_is_left_out_and_reaches_nobody(value: float, telemetry: Seeing) -> None:
    tachograph.declare("orders", "counter")
    tachograph.record("orders", value)
    tachograph.record("orders", 1)
    assert told(telemetry, "orders") == [({}, None, 1)]


@pytest.mark.parametrize("kind", ["counter", "gauge", "histogram"])
def test_whatever_is_a_number_adds_up_with_the_others(kind: custom.Kind, telemetry: Seeing) -> None:
    tachograph.declare("spent", kind)
    values: list[Any] = [Decimal("0.5"), Fraction(1, 2), True, 10**30, 2.0]
    for value in values:
        tachograph.record("spent", value)
    assert [point.sum for point in telemetry.points("spent")] == [2.0 if kind == "gauge" else 1e30]


@pytest.mark.parametrize("name", ["", "with blanks", "größe", "1st", "a" * 256, None])
def test_a_name_that_no_metric_can_have_is_refused(name: str, telemetry: Seeing) -> None:
    before = {point.metric for point in telemetry.series}
    with pytest.raises(ValueError, match="no name of a metric"):
        tachograph.declare(name, "counter")
    tachograph.record(name, 1)
    tachograph.record("basket", 1)
    told = {point.metric for point in telemetry.series} - before
    assert {metric for metric in told if not metric.startswith("tachograph.")} == {"basket"}


def test_buckets_are_put_in_order_and_what_are_none_is_refused(telemetry: Seeing) -> None:
    tachograph.declare("basket", "histogram", buckets=[100, 10, 10, float("inf")])
    tachograph.record("basket", 20)
    with pytest.raises(ValueError, match="no buckets"):
        tachograph.declare("other", "histogram", buckets=[float("nan")])
    assert [point.buckets for point in telemetry.points("basket")] == [(10, 100)]


def test_a_score_belongs_to_the_operation_it_is_given_in(telemetry: Seeing) -> None:
    with tachograph.operation("answer"):
        tachograph.score("relevance", 0.8, model="m1", judge="b")
    labels = {
        "tachograph.score.name": "relevance",
        "tachograph.operation.name": "answer",
        "gen_ai.request.model": "m1",
        "judge": "b",
    }
    event = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.8}
    (span,) = telemetry.spans
    assert (telemetry.points("tachograph.score"), span.events) == (
        [Series("tachograph.score", labels, 1)],
        (("gen_ai.evaluation.result", event),),
    )


def test_a_users_rating_may_come_later(telemetry: Seeing) -> None:
    tachograph.score("rating", 4, operation="answer")
    labels = {"tachograph.score.name": "rating", "tachograph.operation.name": "answer"}
    assert (telemetry.points("tachograph.score"), telemetry.spans) == ([Series("tachograph.score", labels, 1)], [])
