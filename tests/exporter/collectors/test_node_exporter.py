"""Debian's node_exporter and we read the same host, and say the same."""

import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from tachograph_exporter.collectors import COLLECTORS
from tachograph_exporter.collectors.collector import Collector, NoData
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.host import Host
from tests.fixtures.process import answers, command, free_port, running

from .captured import FOLDER, HOST

if TYPE_CHECKING:
    from tachograph_exporter.exposition.metric import Metric

Key = tuple[str, tuple[tuple[str, str], ...]]
Series = dict[Key, float]
Reading = tuple[Series, dict[str, str]]
Round = tuple[Reading, Reading, Reading]

# What changes from one moment to the next (processes that run just now) is given some moments to agree in.
_ROUNDS = 12

# Asked of the kernel by a system call, which no captured folder answers, or on the exporter itself.
_NOT_OF_THE_FOLDER = ("node_tcp_", "node_time", "node_timex_", "node_scrape_", "node_textfile_")


def _parsed(text: str) -> Reading:
    """Return the series, labels without a value left out as Prometheus does, and each name's type."""
    series: Series = {}
    types: dict[str, str] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted((name, value) for name, value in sample.labels.items() if value))
            series[sample.name, labels] = sample.value
            types[sample.name] = family.type
    return series, types


def _ours(collectors: Sequence[Collector]) -> Reading:
    metrics: list[Metric] = []
    for collector in collectors:
        try:
            metrics += collector.collect()
        except NoData:
            continue
    return _parsed(TextWriter().write(metrics).decode())


@contextmanager
def _node_exporter(folder: Path, *arguments: str) -> Iterator[str]:
    port = free_port()
    argv = [command("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}", *arguments]
    url = f"http://127.0.0.1:{port}"
    with running(argv, log=folder / "node_exporter.log", ready=lambda: answers(f"{url}/")):
        yield f"{url}/metrics"


@contextmanager
def _connection(url: str) -> Iterator[HTTPConnection]:
    """Hold a connection over all rounds: opening one would change the sockets that are counted."""
    connection = HTTPConnection(urlsplit(url).netloc)
    connection.connect()
    try:
        yield connection
    finally:
        connection.close()


def _theirs(url: str) -> Reading:
    with urllib.request.urlopen(url) as response:
        return _parsed(response.read().decode())


def test_of_the_captured_host_every_series_that_both_know_is_equal(tmp_path: Path) -> None:
    paths = (
        f"--path.procfs={FOLDER / 'proc'}",
        f"--path.sysfs={FOLDER / 'sys'}",
        f"--path.rootfs={FOLDER / 'root'}",
        "--no-collector.netdev.netlink",
        "--collector.netdev.device-exclude=^$",
        "--collector.interrupts",
        "--collector.processes",
    )
    with _node_exporter(tmp_path, *paths) as url:
        theirs, their_types = _theirs(url)
    collectors = [kind(HOST) for kind in COLLECTORS if kind.name not in ("gpu", "probes")]
    ours, our_types = _ours(collectors)
    for collector in collectors:
        collector.close()

    shared = {key for key in ours.keys() & theirs.keys() if not key[0].startswith(_NOT_OF_THE_FOLDER)}
    names = {name for name, _ in shared}
    assert {key: ours[key] for key in shared} == {key: theirs[key] for key in shared}
    assert {name: our_types[name] for name in names} == {name: their_types[name] for name in names}
    assert len(shared) > 480, len(shared)


def test_of_this_host_ninety_nine_of_a_hundred_series_that_both_know_agree(tmp_path: Path) -> None:
    more = ("tcpstat", "interrupts", "processes")
    collectors = [kind(Host()) for kind in COLLECTORS if kind.default or kind.name in more]
    with _node_exporter(tmp_path, *(f"--collector.{name}" for name in more)) as url, _connection(url) as connection:
        rounds = [_round(collectors, connection) for _ in range(_ROUNDS)]
    theirs_alone = rounds[0][1][0]
    for name in ("cpufreq", "powersupplyclass"):  # a virtual machine has none of these, which is no fault
        ours_alone = _succeeds(next(collector for collector in collectors if collector.name == name))
        assert ours_alone == theirs_alone["node_scrape_collector_success", (("collector", name),)], name
    for collector in collectors:
        collector.close()

    (_, our_types), (theirs, their_types), _ = rounds[0]
    shared = [key for key in rounds[0][0][0].keys() & theirs.keys() if not key[0].startswith("node_scrape_")]
    apart = [key for key in shared if not any(_agree(key, one) for one in rounds)]
    assert len(apart) <= len(shared) / 100, apart
    assert {name: our_types[name] for name, _ in shared} == {name: their_types[name] for name, _ in shared}
    assert len(shared) > 250, len(shared)


def _succeeds(collector: Collector) -> bool:
    try:
        list(collector.collect())
    except NoData:
        return False
    return True


def _round(collectors: Sequence[Collector], connection: HTTPConnection) -> Round:
    """Read ours, theirs and ours again."""
    before = _ours(collectors)
    connection.request("GET", "/metrics")
    theirs = _parsed(connection.getresponse().read().decode())
    return before, theirs, _ours(collectors)


def _agree(key: Key, readings: Round) -> bool:
    """Whether a value of theirs lies between our two, or within a hundredth of them."""
    (before, _), (theirs, _), (after, _) = readings
    values = [one[key] for one in (before, after) if key in one]
    if key not in theirs or not values:
        return False
    slack = 0.01 * abs(max(values))
    return min(values) - slack <= theirs[key] <= max(values) + slack
