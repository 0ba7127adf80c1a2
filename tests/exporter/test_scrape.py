"""No source costs a scrape more than itself."""

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from tachograph_exporter.collectors.collector import NoData
from tachograph_exporter.exposition.metric import Metric, gauge
from tachograph_exporter.scrape import Deadlines, Scraper, UnknownSource

IMPATIENT = Deadlines(source_seconds=0.05)


class Named:
    """A source made of a function."""

    def __init__(self, name: str, collect: Callable[[], Iterator[Metric]] | None = None) -> None:
        self.name = name
        self._collect = collect or self._one

    def collect(self) -> Iterator[Metric]:
        return self._collect()

    def _one(self) -> Iterator[Metric]:
        yield gauge(self.name, "One.", 1)


def raising(error: Exception) -> Callable[[], Iterator[Metric]]:
    def collect() -> Iterator[Metric]:
        yield gauge("half", "What came before the error.", 1)
        raise error

    return collect


def outcome(metrics: list[Metric]) -> dict[str, float]:
    """Return what was answered: the metrics' names, and each source's success."""
    (success,) = [metric for metric in metrics if metric.name == "node_scrape_collector_success"]
    names = {metric.name: 1.0 for metric in metrics if not metric.name.startswith("node_scrape_")}
    return names | {f"success {labels[0]}": value for labels, value in success.rows if isinstance(value, float)}


def test_a_source_that_raises_costs_only_itself() -> None:
    scraper = Scraper(
        [Named("a"), Named("b", raising(OSError("gone"))), Named("c", raising(NoData("none"))), Named("d")]
    )
    assert outcome(scraper.scrape()) == {
        "a": 1,
        "d": 1,
        "success a": 1,
        "success b": 0,
        "success c": 0,
        "success d": 1,
    }


def test_an_error_is_logged_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    errors = iter([OSError("gone"), OSError("gone"), ValueError("else"), None, None])

    def collect() -> Iterator[Metric]:
        if error := next(errors):
            raise error
        yield gauge("a", "One.", 1)

    scraper = Scraper([Named("a", collect)])
    for _ in range(5):
        scraper.scrape()
    assert caplog.messages == ["collector a: OSError: gone", "collector a: ValueError: else", "collector a: well again"]


def test_a_source_that_hangs_costs_only_itself_and_is_not_asked_until_it_comes_back() -> None:
    free, asked, back = threading.Event(), [], threading.Event()

    def collect() -> Iterator[Metric]:
        asked.append(threading.current_thread())
        free.wait()
        yield gauge("late", "Too late.", 1)
        back.set()

    scraper = Scraper([Named("a"), Named("stuck", collect), Named("b")], deadlines=IMPATIENT)
    without = {"a": 1, "b": 1, "success a": 1, "success stuck": 0, "success b": 1}
    assert [outcome(scraper.scrape()), outcome(scraper.scrape()), len(asked)] == [without, without, 1]
    free.set()
    asked[0].join()
    assert outcome(scraper.scrape()) == {"a": 1, "late": 1, "b": 1, "success a": 1, "success stuck": 1, "success b": 1}


def test_several_sources_that_hang_are_each_left_behind() -> None:
    free = threading.Event()

    def collect() -> Iterator[Metric]:
        free.wait()
        yield from ()

    scraper = Scraper([Named("a", collect), Named("b", collect), Named("c")], deadlines=IMPATIENT)
    assert outcome(scraper.scrape()) == {"c": 1, "success a": 0, "success b": 0, "success c": 1}
    free.set()


def test_a_scrape_ends_in_time_without_the_sources_it_did_not_come_to() -> None:
    free = threading.Event()

    def collect() -> Iterator[Metric]:
        free.wait()
        yield from ()

    deadlines = Deadlines(source_seconds=5, scrape_seconds=0.3)
    scraper = Scraper([Named("a"), Named("b", collect), Named("c")], deadlines=deadlines)
    assert outcome(scraper.scrape()) == {"a": 1, "success a": 1, "success b": 0, "success c": 0}
    free.set()


def test_the_exporters_own_metrics_are_in_every_scrape() -> None:
    scraper = Scraper([Named("a"), Named("b")], own=Named("own"))
    assert outcome(scraper.scrape(scraper.select(only=["b"]))) == {"own": 1, "b": 1, "success b": 1}


def test_sources_are_chosen_by_name_or_all_but_some() -> None:
    scraper = Scraper([Named("a"), Named("b"), Named("c")])
    chosen = [scraper.select(only=["c", "a"]), scraper.select(without=["b"]), scraper.select()]
    assert [[source.name for source in sources] for sources in chosen] == [["a", "c"], ["a", "c"], ["a", "b", "c"]]


@pytest.mark.parametrize("names", [{"only": ["x"]}, {"without": ["a", "x"]}])
def test_an_unknown_name_is_refused_with_the_known_ones(names: dict[str, list[str]]) -> None:
    with pytest.raises(UnknownSource, match=r"^unknown collector 'x'; there are a, b$"):
        Scraper([Named("b"), Named("a")]).select(**names)
