"""Text files: node_exporter's semantics, and what is wrong with which file."""

import logging
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tachograph_exporter.collectors.loadavg import LoadAverage
from tachograph_exporter.collectors.textfile import Textfile, TextfileOptions
from tachograph_exporter.collectors.textformat import Malformed, metric, parse
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.host import Host
from tachograph_exporter.scrape import Scraper
from tests.fixtures.process import command

from .captured import HOST


@pytest.fixture
def textfile(tmp_path: Path) -> Iterator[Textfile]:
    with closing(Textfile(Host(), TextfileOptions(directory=(str(tmp_path),)))) as collector:
        yield collector


def _samples(collector: Textfile) -> list[str]:
    text = TextWriter().write(collector.collect()).decode()
    return [line for line in text.splitlines() if not line.startswith("#") and "mtime" not in line]


def _state(folder: Path, **errors: float) -> list[str]:
    overall = max(errors.values())
    return [
        f"node_textfile_scrape_error {overall}",
        *(f'tachograph_textfile_error{{file="{folder}/{name}.prom"}} {error}' for name, error in errors.items()),
    ]


GOOD = r"""
# A comment, and an empty line

# HELP backups_total Backups \\ made\n.
# TYPE backups_total counter
backups_total 3
   backups_total{ what = "db" , where="a\\b\"c\"\n{}" ,} 1e3
plain{a="1"}	+Inf
plain{b="2"} -Inf
plain NaN
# TYPE took_seconds histogram
took_seconds_bucket{db="a",le="0.5"} 1
took_seconds_bucket{db="a",le="+Inf"} 4
took_seconds_sum{db="a"} 7.5
took_seconds_count{db="a"} 4
# TYPE wait_seconds summary
wait_seconds{quantile="0.5"} 0.25
wait_seconds{quantile="0.99"} 2
wait_seconds_sum 17
wait_seconds_count 30
# TYPE only_count gauge
only_count 1
"""


def _pairs(text: str) -> set[tuple[str, tuple[tuple[str, str], ...], str]]:
    return {
        (sample.name, tuple(sorted((k, v) for k, v in sample.labels.items() if v)), str(float(sample.value)))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_file_is_read_as_prometheus_clients_own_parser_reads_it() -> None:
    families = parse(GOOD)
    written = TextWriter().write([metric(family, family.documentation or "") for family in families]).decode()
    assert _pairs(written) == _pairs(GOOD)
    assert {family.name: (family.kind, family.documentation) for family in families} == {
        "backups_total": ("counter", "Backups \\ made\n."),
        "plain": ("unknown", None),
        "took_seconds": ("histogram", None),
        "wait_seconds": ("summary", None),
        "only_count": ("gauge", None),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1\nbad\n", "line 2: not a sample: 'bad'"),
        ("a one\n", "line 1: not a number: 'one'"),
        ("a 1_000\n", "line 1: not a number: '1_000'"),
        ("a 1 1700000000000\n", "line 1: a timestamp, which a file cannot give"),
        ('a{b="1"} 1\na{b="1"} 2\n', "line 2: a comes twice with the same labels"),
        ('a{b="1",b="2"} 1\n', 'line 1: bad labels {b="1",b="2"}'),
        ("a{b=1} 1\n", "line 1: bad labels {b=1}"),
        ("# TYPE a thing\na 1\n", "line 1: unknown type 'thing'"),
        ("a 1\n# TYPE a gauge\n", "line 2: the type of a comes after its samples"),
        ("# HELP\n", "line 1: HELP without the name of a metric"),
        ("# TYPE h histogram\nh_bucket 1\n", "line 2: h without its label le"),
        ('# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1.0"} 1\n', 'line 3: h comes twice with le="1.0"'),
        ('# TYPE h histogram\nh_bucket{le="1"} NaN\n', "line 2: h_bucket counts, and so cannot be nan"),
        ("# TYPE h histogram\nh_count +Inf\n", "line 2: h_count counts, and so cannot be inf"),
        ('a{b=""} 1\na 2\n', "line 2: a comes twice with the same labels"),
        ("a 1", "the last line has no end: is the file still being written?"),
    ],
)
def test_a_line_that_is_not_of_the_format_is_refused_with_its_number(text: str, message: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(text)
    assert str(refused.value) == message


def test_a_malformed_file_costs_only_itself_and_is_named_and_logged_once(
    tmp_path: Path, textfile: Textfile, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.prom").write_text("a 1\n")
    (tmp_path / "b.prom").write_text("b one\n")
    (tmp_path / "c.prom").write_bytes(b'c{x="\xff"} 1\n')
    (tmp_path / "d.txt").write_text("d 1\n")
    with caplog.at_level(logging.WARNING):
        first, second = _samples(textfile), _samples(textfile)
    assert first == second == ["a 1.0", *_state(tmp_path, a=0.0, b=1.0, c=1.0)]
    assert [record.getMessage().rpartition("/")[2] for record in caplog.records] == [
        "b.prom: line 1: not a number: 'one'",
        "c.prom: 'utf-8' codec can't decode byte 0xff in position 5: invalid start byte",
    ]


@pytest.mark.parametrize(
    ("first", "second", "samples", "errors"),
    [
        ('a{x="1"} 1\n', 'a{y="2"} 2\n', ['a{x="1",y=""} 1.0', 'a{x="",y="2"} 2.0'], (0.0, 0.0)),
        ('# HELP a One.\na{x="1"} 1\n', '# HELP a Two.\na{x="2"} 2\n', ['a{x="1"} 1.0'], (0.0, 1.0)),
        ('# TYPE a gauge\na{x="1"} 1\n', 'a{x="2"} 2\n', ['a{x="1"} 1.0'], (0.0, 1.0)),
        ("a 1\n", "a 2\nb 3\n", ["a 1.0", "b 3.0"], (0.0, 1.0)),
        ("a 1\n", "node_textfile_scrape_error 0\nb 3\n", ["a 1.0", "b 3.0"], (0.0, 1.0)),
    ],
)
def test_a_metric_of_two_files_is_one_family_unless_they_disagree(
    tmp_path: Path, textfile: Textfile, first: str, second: str, samples: Sequence[str], errors: tuple[float, float]
) -> None:
    (tmp_path / "1.prom").write_text(first)
    (tmp_path / "2.prom").write_text(second)
    assert _samples(textfile) == [*samples, *_state(tmp_path, **{"1": errors[0], "2": errors[1]})]


def test_what_repeats_a_series_of_the_exporters_own_is_left_out_and_its_file_is_named(
    tmp_path: Path, textfile: Textfile, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "good.prom").write_text('mine 1\n# TYPE node_load5 gauge\nnode_load5{of="neighbour"} 5\n')
    (tmp_path / "repeats.prom").write_text("other 2\n# TYPE node_load1 gauge\nnode_load1 9\n")
    (tmp_path / "typed.prom").write_text('node_scrape_collector_success{collector="mine"} 1\n')
    scraper = Scraper([textfile, LoadAverage(HOST)])
    with caplog.at_level(logging.WARNING):
        written = [TextWriter().write(scraper.scrape()).decode() for _ in range(2)]
    names = {"node_load1", "node_load5", 'node_load5{of="neighbour"}', "mine", "other"}
    samples = [line for line in written[1].splitlines() if line.split(" ")[0] in names or "textfile_error{" in line]
    assert samples == [
        "node_load1 1.42",
        "node_load5 0.87",
        'node_load5{of="neighbour"} 5.0',
        "mine 1.0",
        "other 2.0",
        *_state(tmp_path, good=0.0, repeats=1.0, typed=1.0)[1:],
    ]
    assert "node_textfile_scrape_error 1.0\n" in written[1]
    assert [record.getMessage().rpartition("/")[2] for record in caplog.records] == [
        "repeats.prom: node_load1 has a series that the exporter has too",
        "typed.prom: node_scrape_collector_success is the exporter's own, as gauge and not unknown",
    ]
    checked = subprocess.run([command("promtool"), "check", "metrics"], input=written[1], text=True, check=False)
    assert checked.returncode in (0, 3)


def test_a_pipe_is_not_waited_for(tmp_path: Path, textfile: Textfile) -> None:
    os.mkfifo(tmp_path / "p.prom")
    (tmp_path / "a.prom").write_text("a 1\n")
    assert _samples(textfile) == ["a 1.0", *_state(tmp_path, a=0.0, p=1.0)]


def test_a_file_is_read_again_when_it_changes_and_forgotten_when_it_goes(tmp_path: Path, textfile: Textfile) -> None:
    path = tmp_path / "a.prom"
    path.write_text("a 1\n")
    before = _samples(textfile)
    path.write_text("a 22\n")
    changed = _samples(textfile)
    path.unlink()
    gone = _samples(textfile)
    assert [before[0], changed[0], gone] == ["a 1.0", "a 22.0", ["node_textfile_scrape_error 0.0"]]


def test_the_time_a_file_was_written_is_told_only_of_good_files(tmp_path: Path, textfile: Textfile) -> None:
    (tmp_path / "a.prom").write_text("a 1\n")
    (tmp_path / "b.prom").write_text("b\n")
    times = next(metric for metric in textfile.collect() if metric.name == "node_textfile_mtime_seconds")
    assert times.rows == [((str(tmp_path / "a.prom"),), float(int((tmp_path / "a.prom").stat().st_mtime)))]


def test_a_pattern_names_several_folders_and_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.prom").write_text(f"{name} 1\n")
    options = TextfileOptions(directory=(f"{tmp_path}/t*", f"{tmp_path}/o*", f"{tmp_path}/three"))
    with closing(Textfile(Host(), options)) as collector:
        assert _samples(collector) == [
            "two 1.0",
            "one 1.0",
            "node_textfile_scrape_error 1.0",
            f'tachograph_textfile_error{{file="{tmp_path}/two/m.prom"}} 0.0',
            f'tachograph_textfile_error{{file="{tmp_path}/one/m.prom"}} 0.0',
            f'tachograph_textfile_error{{file="{tmp_path}/three"}} 1.0',
        ]
