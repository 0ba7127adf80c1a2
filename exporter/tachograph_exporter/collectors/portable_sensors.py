"""Sensors, battery and frequencies as psutil sees them, under the names that Linux's collectors give."""

from collections.abc import Callable, Iterator
from typing import Any

import psutil

from ..exposition.metric import Labels, Metric
from .collector import Collector, NoData

_MEGAHERTZ = 1e6

Rows = list[tuple[Labels, float]]


class Sensors(Collector):
    """Reads temperatures and fans, where psutil can."""

    name = "hwmon"

    def collect(self) -> Iterator[Metric]:
        """Yield node_hwmon_temp_celsius and node_hwmon_fan_rpm."""
        found = False
        for asked, kind, metric, documentation in (
            ("sensors_temperatures", "temp", "node_hwmon_temp_celsius", "Degrees Celsius."),
            ("sensors_fans", "fan", "node_hwmon_fan_rpm", "Turns a minute."),
        ):
            rows: Rows = [
                ((chip, sensor.label or f"{kind}{number}"), sensor.current)
                for chip, sensors in (_told(asked) or {}).items()
                for number, sensor in enumerate(sensors, start=1)
            ]
            if rows:
                found = True
                yield Metric(metric, "gauge", documentation, ("chip", "sensor"), rows)
        if not found:
            raise NoData("psutil reads no temperatures or fans on this system")


class PowerSupplies(Collector):
    """Reads the battery, where there is one."""

    name = "powersupplyclass"

    def collect(self) -> Iterator[Metric]:
        """Yield its charge, and whether the machine is plugged in."""
        battery = _told("sensors_battery")
        if battery is None:
            raise NoData("psutil sees no battery")
        names = ("power_supply",)
        documentation = "capacity value of the battery, in percent."
        yield Metric("node_power_supply_capacity", "gauge", documentation, names, [(("battery",), battery.percent)])
        if battery.power_plugged is not None:
            plugged = [(("mains",), float(battery.power_plugged))]
            yield Metric("node_power_supply_online", "gauge", "1 where it is plugged in.", names, plugged)


class CpuFrequencies(Collector):
    """Reads the frequencies of the cores, or of all together where the system has but one for them."""

    name = "cpufreq"

    def collect(self) -> Iterator[Metric]:
        """Yield each frequency that is known."""
        try:
            cores = psutil.cpu_freq(percpu=True) or []
        except (OSError, RuntimeError, NotImplementedError) as error:
            raise NoData("psutil sees no frequencies on this system") from error
        for name, documentation, field in (
            ("scaling_frequency_hertz", "Frequency that the system set.", "current"),
            ("scaling_frequency_min_hertz", "Lowest frequency that the system may set.", "min"),
            ("scaling_frequency_max_hertz", "Highest frequency that the system may set.", "max"),
        ):
            rows: Rows = [
                ((str(core),), getattr(one, field) * _MEGAHERTZ)
                for core, one in enumerate(cores)
                if getattr(one, field)
            ]
            if rows:
                yield Metric(f"node_cpu_{name}", "gauge", documentation, ("cpu",), rows)


def _told(name: str) -> Any:
    """Return what one of psutil's functions tells, None where this system has no such function."""
    function: Callable[[], Any] | None = getattr(psutil, name, None)
    return function() if function else None
