"""No query of a board keeps its reader waiting, however many services a company has."""

from pathlib import Path

import pytest

from .company import company, questions

SERIES = 200_000
# What Prometheus goes through in a second: benchmarks/results/dashboards.md has the seconds, which a busy machine
# stretches; the samples that a query reads are always the same.
MOST_SAMPLES = 8_200_000


@pytest.mark.timeout(400)
def test_no_query_reads_more_than_prometheus_reads_in_a_second_at_200000_series(tmp_path: Path) -> None:
    with company(tmp_path) as asked:
        read = {str(query): asked.answer(query).samples for query in questions()}
        series = asked.series()
    dear = {query: samples for query, samples in read.items() if samples > MOST_SAMPLES}
    assert (series >= SERIES, len(read) > 200, max(read.values()) > 0, dear) == (True, True, True, {})
