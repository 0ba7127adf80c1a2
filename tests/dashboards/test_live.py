"""What the boards ask for is there: in a scrape of the real exporter, and in a Prometheus that scrapes it."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from tests.fixtures.process import wait_until

from . import boards, promql
from .boards import Query
from .conftest import Live

T = TypeVar("T", str, tuple[str, str])

EVERY = [query for board in boards.boards() for query in boards.queries(board)]
SHORT = {"__rate_interval": "20s", "__interval": "1s", "__range": "1m", "__range_s": "60"}
# Prometheus itself puts these on what it scrapes.
TARGET_LABELS = {"job", "instance"}
# Nothing fails in the demo's database (tests/rules holds what is told when it does), no point is refused, every model
# has a price, and no alert fires here.
QUIET = re.compile(
    r'db_client_operation_duration_seconds_count\{error_type!=""(?!.* or )|db_client_connection_timeouts|ALERTS'
    r"|otlp_refused|gen_ai_client_unpriced|\b(prometheus|alertmanager)_"
)
# What needs hardware or a kernel that this machine may lack: the exporter's README lists it, held to the collectors.
OF_SOME_HOSTS = re.compile(
    "tachograph_(gpu|cgroup|probe_tls)_|node_(pressure|disk|network|nf_conntrack|timex)_|node_vmstat_oom_kill"
)
README = boards.CHECKOUT / "exporter" / "README.md"
UNFAILED = re.compile(
    r"db_client_connection_timeouts_total|db_client_operation_duration_seconds_count error_type|tachograph_otlp_refused"
    r"|tachograph_gen_ai_client_unpriced"
)


def test_every_metric_and_label_is_emitted_by_the_exporter_with_the_demo_application(live: Live) -> None:
    asked = {(metric, "") for query in EVERY for metric in promql.metrics(_asked(query))}
    asked |= {pair for query in EVERY for pair in promql.labels(_asked(query))}
    scraped = {pair for pair in asked if ":" not in pair[0]}  # what rules record is held to the rules
    owed = {pair for pair in scraped if pair[0] not in promql.OF_PROMETHEUS and pair[1] not in TARGET_LABELS}
    owed -= {pair for pair in owed if UNFAILED.match(" ".join(pair))} | _documented(README.read_text())
    assert _left(owed, lambda missing: missing - _emitted(live.exporter.metrics())) == []


def test_every_query_finds_data_in_a_prometheus_that_scrapes_the_exporter(live: Live) -> None:
    asked = {boards.filled(query.expression, SHORT) for query in EVERY if not QUIET.search(query.expression)}
    asked -= {each for each in asked if OF_SOME_HOSTS.search(each)}
    assert _left(asked, lambda waiting: {each for each in waiting if not live.prometheus.query(each)}) == []


def _left(owed: set[T], look: Callable[[set[T]], set[T]]) -> list[T]:
    """Return what of `owed` is still missing after looking for a while, less each time."""
    left = owed
    with suppress(TimeoutError):

        def found() -> bool:
            nonlocal left
            left = look(left)
            return not left

        wait_until(found, what="what the boards ask for", timeout_seconds=30)
    return sorted(left)


def _asked(query: Query) -> str:
    return boards.filled(query.expression)


def _documented(readme: str) -> set[tuple[str, str]]:
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| (.*?) \|", readme, re.MULTILINE)
    listed = {(name, label) for name, labels in rows for label in ("", *re.findall(r"\w+", labels))}
    return {pair for pair in listed if OF_SOME_HOSTS.match(pair[0])}


def _emitted(scrape: str) -> set[tuple[str, str]]:
    pairs: set[tuple[str, str]] = set()
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", scrape, re.MULTILINE):
        pairs.add((name, ""))
        pairs |= {(name, label) for label in re.findall(r'(\w+)="', labels)}
    return pairs
