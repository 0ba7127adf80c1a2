"""The /metrics page: formats, compression, choice of collectors, limits."""

import gc
import gzip
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tachograph_exporter.address import Address
from tachograph_exporter.exposition.metric import Metric, gauge
from tachograph_exporter.scrape import Deadlines, Scraper
from tachograph_exporter.server.listener import Listen
from tachograph_exporter.server.metrics import MetricsPage

from .http import Answer, ask, served
from .test_scrape import Named

LOOPBACK = Address("127.0.0.1", 0)
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 2.42, 2.53 and 3.5 send.
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"


@pytest.fixture
def page() -> Iterator[Address]:
    with served(Listen(MetricsPage(Scraper([Named("a"), Named("b")])), LOOPBACK)) as (address,):
        yield address


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
        ("text/plain;version=0.0.4", TEXT),
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", TEXT),
        ("application/openmetrics-text;version=1.0.0;q=0.1,text/plain;version=0.0.4", TEXT),
        ("application/openmetrics-text;version=1.0.0;q=0", TEXT),
        ("application/json", TEXT),
        (";;q=x,,", TEXT),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (PROTOBUF + PROMETHEUS_3, OPENMETRICS),
    ],
)
def test_the_format_is_the_one_the_scraper_likes_best(page: Address, accept: str, content_type: str) -> None:
    answer = ask(page, headers={"accept": accept})
    assert (answer.headers["content-type"], answer.body.endswith(b"# EOF\n")) == (
        content_type,
        "openmetrics" in content_type,
    )


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("deflate, gzip;q=0.5", "gzip"), ("*", "gzip"), ("gzip;q=0", None), ("br", None), ("", None)],
)
def test_the_answer_is_compressed_where_the_scraper_takes_it(
    page: Address, accepted: str, encoding: str | None
) -> None:
    answer = ask(page, headers={"accept-encoding": accepted})
    body = gzip.decompress(answer.body) if encoding else answer.body
    assert (answer.headers.get("content-encoding"), body.startswith(b"# HELP a One.\n")) == (encoding, True)


def families(answer: Answer) -> list[str]:
    lines = [line for line in answer.body.decode().splitlines() if line.startswith("# TYPE")]
    return [line.split()[2] for line in lines if "node_scrape" not in line]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a", "b"]),
        ("?collect[]=b", ["b"]),
        ("?collect%5B%5D=b&collect%5B%5D=a", ["a", "b"]),
        ("?exclude[]=a", ["b"]),
        ("?other=1", ["a", "b"]),
    ],
)
def test_a_scraper_chooses_collectors(page: Address, query: str, found: list[str]) -> None:
    assert families(ask(page, f"/metrics{query}")) == found


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?collect[]=x", b"unknown collector 'x'; there are a, b\n"),
        ("?collect[]=", b"unknown collector ''; there are a, b\n"),
        ("?exclude[]=x", b"unknown collector 'x'; there are a, b\n"),
        ("?collect[]=a&exclude[]=b", b"collect[] and exclude[] do not go together: send one of them\n"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(page: Address, query: str, message: bytes) -> None:
    answer = ask(page, f"/metrics{query}")
    assert (answer.status, answer.body) == (400, message)


def test_a_collector_that_hangs_loses_no_scrape() -> None:
    free = threading.Event()

    def hang() -> Iterator[Metric]:
        free.wait()
        yield from ()

    scraper = Scraper([Named("a"), Named("stuck", hang), Named("b")], deadlines=Deadlines(source_seconds=0.05))
    with served(Listen(MetricsPage(scraper), LOOPBACK)) as (address,):
        assert [families(ask(address)), families(ask(address))] == [["a", "b"], ["a", "b"]]
    free.set()


def test_a_scraper_that_waits_less_gets_its_answer_earlier() -> None:
    free = threading.Event()

    def hang() -> Iterator[Metric]:
        free.wait()
        yield from ()

    scraper = Scraper([Named("a"), Named("stuck", hang)], deadlines=Deadlines(source_seconds=60, scrape_seconds=60))
    with served(Listen(MetricsPage(scraper), LOOPBACK)) as (address,):
        assert families(ask(address, headers={"x-prometheus-scrape-timeout-seconds": "0.1"})) == ["a"]
    free.set()


class Rows(list[tuple[tuple[str, ...], float]]):
    """Rows that can be watched."""


def test_a_scrape_leaves_nothing_to_the_garbage_collector() -> None:
    made: list[weakref.ref[Rows]] = []

    def collect() -> Iterator[Metric]:
        rows = Rows([((), float(len(made)))])
        made.append(weakref.ref(rows))
        yield Metric("a", "gauge", "One.", (), rows)

    gc.disable()
    try:
        with served(Listen(MetricsPage(Scraper([Named("a", collect)])), LOOPBACK)) as (address,):
            for _ in range(5):
                ask(address)
            alive = [rows() is not None for rows in made]
    finally:
        gc.enable()
    assert alive == [False, False, False, False, True]  # the last is kept to be compared with the next


def test_scrapes_beyond_the_limit_are_told_to_try_later() -> None:
    free, entered = threading.Event(), threading.Event()

    def wait() -> Iterator[Metric]:
        entered.set()
        free.wait()
        yield gauge("slow", "One.", 1)

    page = MetricsPage(Scraper([Named("slow", wait)]), waiting_max=1)
    with served(Listen(page, LOOPBACK)) as (address,), ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, address)
        entered.wait()
        second = ask(address)
        free.set()
        assert [first.result().status, second.status, second.body] == [
            200,
            503,
            b"1 scrapes are under way; try later\n",
        ]


def test_scrapes_at_the_same_time_are_all_answered(page: Address) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(page, "/metrics?collect[]=a").body, range(40)))
    assert [families(Answer(200, {}, body)) for body in answers] == [["a"]] * 40
