"""Each collector reads the captured host as its expected file says, to the byte."""

from pathlib import Path

import pytest

from tachograph_exporter.collectors import COLLECTORS
from tachograph_exporter.collectors.collector import Collector

from .captured import EXPECTED, expected_file, exposition


@pytest.mark.parametrize("kind", COLLECTORS, ids=lambda kind: kind.name)
def test_a_collector_writes_exactly_what_is_expected_of_the_captured_host(kind: type[Collector]) -> None:
    assert exposition(kind) == expected_file(kind).read_text()


def test_every_expected_file_is_of_a_collector() -> None:
    assert sorted(EXPECTED.iterdir()) == sorted(map(expected_file, COLLECTORS)), Path(EXPECTED)


def test_collectors_names_are_unique() -> None:
    names = [kind.name for kind in COLLECTORS]
    assert sorted(names) == sorted(set(names))
