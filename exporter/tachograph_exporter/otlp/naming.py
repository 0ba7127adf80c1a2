"""OpenTelemetry metric names and units as Prometheus names.

Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", Metric Metadata.
"""

import re

_DISCOURAGED = re.compile(r"[^a-zA-Z0-9:]+")  # an underscore too: several in a row become one
_BRACES = re.compile(r"\{[^}]*\}")

_LENGTH_MAX = 255  # OpenTelemetry metrics API, "Instrument name syntax"
_UNIT_MAX = 63  # the same, "Instrument unit"

_UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tebibytes",
    "kBy": "kilobytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "%": "percent",
}
_PER = {
    "s": "second",
    "min": "minute",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "wk": "week",
    "mo": "month",
    "a": "year",
}


def metric_name(name: str, unit: str, *, counter: bool = False, gauge: bool = False) -> tuple[str, str]:
    """Return the name Prometheus knows the metric by, empty where nothing is left of it, and the unit it ends in.

    Counters end in _total, which comes after the unit.
    """
    base = _DISCOURAGED.sub("_", name[:_LENGTH_MAX])
    if base in ("", "_"):
        return "", ""
    if base[0].isdigit():
        base = f"_{base}"
    if counter:
        base = base.removesuffix("_total")
    # A ratio's unit is 1; the suffix is what Prometheus' own translator gives to gauges of it.
    suffix = "ratio" if gauge and unit == "1" else unit_name(unit[:_UNIT_MAX])
    if suffix and not (base == suffix or base.endswith(f"_{suffix}")):
        base = f"{base}_{suffix}"
    found = suffix if base.endswith(f"_{suffix}") else ""  # OpenMetrics: the unit is what follows an underscore
    return f"{base}_total" if counter else base, found


def unit_name(unit: str) -> str:
    """Return a UCUM unit in Prometheus' words: `By/s` as bytes_per_second, what is in braces not at all."""
    whole, slash, per = _BRACES.sub("", unit).strip().partition("/")
    words = "" if whole == "1" else _word(whole)
    if not slash or not (rate := _DISCOURAGED.sub("_", _PER.get(per, per)).strip("_")):
        return words
    return f"{words}_per_{rate}" if words else f"per_{rate}"


def _word(unit: str) -> str:
    return _DISCOURAGED.sub("_", _UNITS.get(unit, unit)).strip("_")
