"""What a file of a sensor chip means: the metric's name and unit (kernel: Documentation/hwmon/sysfs-interface.rst)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ..exposition.metric import Kind

_UNCLEAN = re.compile("[^a-z0-9:_]")
_MILLI = 0.001
_MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """A sensor's element as a metric; its value is the file's times `factor` over `divisor`."""

    name: str
    documentation: str
    kind: Kind = "gauge"
    factor: float = 1.0
    divisor: float = 1.0


def clean(name: str) -> str:
    """Return a name as part of a metric's name or as a stable label."""
    return _UNCLEAN.sub("_", name.lower()).strip("_")


@lru_cache(maxsize=1024)
def reading(kind: str, element: str, *, level: bool) -> Reading | None:
    """Return what `element` of a sensor of this kind means, None where it means nothing.

    `level` says that the sensor has a file without an element (pwm1), beside which its input needs another name.
    """
    if kind in _WHOLE:
        return _WHOLE[kind] if not element else None
    parts = ["node_hwmon", kind]
    if element == "input" and level:
        parts.append("input")
    elif element not in ("", "input"):
        parts.append(clean(element))
    name = "_".join(parts)
    documentation = f"Hardware sensor: {kind} {element or 'input'}."
    if element in _WITHOUT_UNIT:
        return Reading(name + _WITHOUT_UNIT[element], documentation)
    if kind in _UNITS:
        return _UNITS[kind](name, element, documentation)
    return Reading(name, documentation)


def _milli(name: str, documentation: str) -> Reading:
    return Reading(name, documentation, factor=_MILLI)


def _micro(name: str, documentation: str, kind: Kind = "gauge") -> Reading:
    return Reading(name, documentation, kind, divisor=_MICRO)


def _temperature(name: str, element: str, documentation: str) -> Reading:
    return Reading(name, documentation) if element == "type" else _milli(f"{name}_celsius", documentation)


def _power(name: str, element: str, documentation: str) -> Reading:
    if element == "accuracy":
        return _micro(name, documentation)
    if element in ("average_interval", "average_interval_min", "average_interval_max"):
        return _milli(f"{name}_seconds", documentation)
    return _micro(f"{name}_watt", documentation)


def _fan(name: str, element: str, documentation: str) -> Reading:
    return Reading(f"{name}_rpm" if element in ("input", "min", "max", "target") else name, documentation)


def _frequency(name: str, element: str, documentation: str) -> Reading | None:
    return _micro(f"{name}_freq_mhz", documentation) if element == "input" else None


_WHOLE = {
    "beep_enable": Reading("node_hwmon_beep_enabled", "Whether the chip may beep."),
    "update_interval": Reading("node_hwmon_update_interval_seconds", "How often the chip measures.", factor=_MILLI),
    "vrm": Reading("node_hwmon_voltage_regulator_version", "Version of the voltage regulator module."),
}
_WITHOUT_UNIT = {"fault": "", "alarm": "", "beep": "_enabled"}
_UNITS = {
    "in": lambda name, _, documentation: _milli(f"{name}_volts", documentation),
    "cpu": lambda name, _, documentation: _milli(f"{name}_volts", documentation),
    "curr": lambda name, _, documentation: _milli(f"{name}_amps", documentation),
    "energy": lambda name, _, documentation: _micro(f"{name}_joule_total", documentation, "counter"),
    "humidity": lambda name, _, documentation: _micro(name, documentation),
    "temp": _temperature,
    "power": _power,
    "fan": _fan,
    "freq": _frequency,
}
