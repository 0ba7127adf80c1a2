"""The classic buckets of exponential histograms are those that the application's half draws for the same metric."""

import importlib
import pkgutil

import tachograph
from tachograph.model import Metric
from tachograph_exporter.otlp.boundaries import boundaries

PACKAGES = ("tachograph", "tachograph.databases", "tachograph.llm", "tachograph.serving")


def drawn() -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the buckets of every histogram that the application's half declares."""
    found = {}
    for package in PACKAGES:
        folder = importlib.import_module(package)
        for module in pkgutil.iter_modules(folder.__path__, f"{package}."):
            if module.ispkg or module.name.endswith(("__main__", "autoload")):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Metric) and value.kind == "histogram":
                    found[value.name, value.unit] = value.buckets
    return found


def test_both_halves_draw_the_same_buckets() -> None:
    assert tachograph.__version__
    metrics = drawn()
    assert len(metrics) > 3
    assert {metric: boundaries(*metric) for metric in metrics} == metrics
