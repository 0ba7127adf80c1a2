"""Attributes of the application's own: on every sampled span, of libraries and operations alike, and on no metric."""

import sqlite3
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest

import tachograph
from tachograph.telemetry.hub import HUB
from tests.fixtures.telemetry import Seeing, seeing

TENANT: ContextVar[str | None] = ContextVar("tenant", default=None)


@pytest.fixture(autouse=True)
def functions() -> Iterator[list[tuple[str, Any]]]:
    """What the functions were told; all are forgotten afterwards."""
    told: list[tuple[str, Any]] = []

    @tachograph.enrich
    def tenant(name: str, attributes: Any) -> Any:
        told.append((name, attributes.get("db.query.text")))
        found = TENANT.get()
        return None if found is None else {"tenant": found}

    @tachograph.enrich
    def broken(_name: str, _attributes: Any) -> Any:
        raise ZeroDivisionError

    @tachograph.enrich
    def system(_name: str, attributes: Any) -> Any:
        return {"is_database": "db.system.name" in attributes}

    yield told
    HUB._enrichments.clear()


@pytest.mark.parametrize("way", ["lean", "sdk"])
def test_each_span_has_what_the_application_adds(way: str, functions: list[tuple[str, Any]]) -> None:
    failures = tachograph.status().failures
    with seeing(way) as telemetry:
        connection = sqlite3.connect(":memory:")
        token = TENANT.set("acme")
        with tachograph.operation("page"):
            connection.execute("SELECT 'secret'").fetchall()
        TENANT.reset(token)
        connection.execute("SELECT 2").fetchall()
        connection.close()
        spans = [(span.name, span.attributes.get("tenant"), span.attributes["is_database"]) for span in telemetry.spans]
        labels = [point.labels for point in telemetry.series if "tenant" in point.labels]
    assert (spans, labels, functions, tachograph.status().failures - failures) == (
        [("SELECT", "acme", True), ("page", "acme", False), ("SELECT", None, True)],
        [],
        [("SELECT", "SELECT ?"), ("page", None), ("SELECT", "SELECT ?")],
        3,
    )


def test_what_is_not_sampled_is_not_asked_about(
    monkeypatch: pytest.MonkeyPatch, functions: list[tuple[str, Any]], lean: Seeing
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    assert lean.spans == []
    with seeing("lean") as telemetry:
        with tachograph.operation("page"):
            pass
        assert (telemetry.spans, functions) == ([], [])
