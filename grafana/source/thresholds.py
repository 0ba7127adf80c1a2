"""Figures as Grafana's thresholds, green, orange and red from the lowest value up, and in words."""

from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    ValueMappingResult,
)

from .figures import Figure

_SCALES = {
    "none": (1, ""),
    "short": (1, ""),
    "percentunit": (100, " %"),
    "s": (1, " s"),
    "s below 1": (1000, " ms"),
    "bytes": (1e-6, " MB"),
    "decbytes": (1e-6, " MB"),
    "Bps": (1e-6, " MB/s"),
    "celsius": (1, " °C"),
}


def steps(figure: Figure) -> ThresholdsConfig:
    """Return the colours' steps of a figure."""
    low, high = sorted((figure.warning, figure.critical))
    colours = ("green", "orange", "red") if figure.warning < figure.critical else ("red", "orange", "green")
    found = [Threshold(value, colour) for value, colour in zip((None, low, high), colours, strict=True)]
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, found)


def told(figure: Figure, unit: str) -> str:
    """Return a figure as a sentence: nobody has to know it by the colours."""
    word = "from" if figure.warning < figure.critical else "below"
    return f"Warning {word} {_shown(figure.warning, unit)}, critical {word} {_shown(figure.critical, unit)}."


def plain() -> ThresholdsConfig:
    """Return one step: a value that is neither good nor bad."""
    return ThresholdsConfig(ThresholdsMode.ABSOLUTE, [Threshold(None, "text")])


def absent(said: str) -> SpecialValueMap:
    """Return what is said where there is no value, in no colour: it is neither good nor bad."""
    shown = ValueMappingResult(text=said, color="text")
    return SpecialValueMap(DashboardSpecialValueMapOptions(match=SpecialValueMatch.NULL_AND_NAN, result=shown))


def _shown(value: float, unit: str) -> str:
    scale, symbol = _SCALES[f"{unit} below 1" if 0 < value < 1 and unit == "s" else unit]
    return f"{value * scale:g}{symbol}"
