"""Figures as Grafana's thresholds: green, orange and red, from the lowest value up."""

from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsConfig, ThresholdsMode

from .figures import Figure


def steps(figure: Figure) -> ThresholdsConfig:
    """Return the colours' steps of a figure."""
    low, high = sorted((figure.warning, figure.critical))
    colours = ("green", "orange", "red") if figure.warning < figure.critical else ("red", "orange", "green")
    found = [Threshold(value, colour) for value, colour in zip((None, low, high), colours, strict=True)]
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, found)


def plain() -> ThresholdsConfig:
    """Return one step: a value that is neither good nor bad."""
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, [Threshold(None, "text")])
