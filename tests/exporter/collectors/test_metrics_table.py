"""The exporter's README lists the metrics that the expected files have."""

from .metrics_table import README, embedded


def test_the_readme_lists_the_metrics_as_the_collectors_write_them() -> None:
    text = README.read_text()
    assert text == embedded(text), "run: python -m tests.exporter.collectors.metrics_table"
