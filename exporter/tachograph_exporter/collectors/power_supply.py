"""Mains, batteries and what is in them, from /sys/class/power_supply."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..exposition.metric import Metric
from ..host import Host
from .collector import Collector, NoData
from .files import number, text
from .options import Options, pattern, selector
from .table import Table

_FOLDER = "class/power_supply"
# Attributes and their divisors (kernel: Documentation/ABI/testing/sysfs-class-power), and the names that differ.
_PLAIN = (
    "authentic", "calibrate", "capacity", "capacity_alert_max", "capacity_alert_min", "cycle_count", "online",
    "present", "time_to_empty_now", "time_to_full_now",
)  # fmt: skip
_MICRO = (
    "current_boot", "current_max", "current_now", "energy_empty", "energy_empty_design", "energy_full",
    "energy_full_design", "energy_now", "voltage_boot", "voltage_max", "voltage_max_design", "voltage_min",
    "voltage_min_design", "voltage_now", "voltage_ocv", "charge_control_limit", "charge_control_limit_max",
    "charge_counter", "charge_empty", "charge_empty_design", "charge_full", "charge_full_design", "charge_now",
    "charge_term_current", "constant_charge_current", "constant_charge_current_max", "constant_charge_voltage",
    "constant_charge_voltage_max", "precharge_current", "input_current_limit", "power_now",
)  # fmt: skip
_TENTHS = (
    "temp", "temp_alert_max", "temp_alert_min", "temp_ambient", "temp_ambient_max", "temp_ambient_min", "temp_max",
    "temp_min",
)  # fmt: skip
_METRICS = {
    "cycle_count": "cyclecount",
    "time_to_empty_now": "time_to_empty_seconds",
    "time_to_full_now": "time_to_full_seconds",
    "current_now": "current_ampere",
    "charge_now": "charge_ampere",
    "energy_now": "energy_watthour",
    "voltage_now": "voltage_volt",
    "power_now": "power_watt",
    **{name: f"{name}_celsius" for name in _TENTHS},
}
_DIVISORS = {**dict.fromkeys(_PLAIN, 1.0), **dict.fromkeys(_MICRO, 1e6), **dict.fromkeys(_TENTHS, 10.0)}
_INFO = (
    "capacity_level", "charge_type", "health", "manufacturer", "model_name", "scope", "serial_number", "status",
    "technology", "type", "usb_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PowerSupplyOptions(Options):
    """Which supplies are reported."""

    ignored_supplies: re.Pattern[str] | None = pattern("Power supplies to leave out.")


class PowerSupplies(Collector):
    """Reads each supply's attributes, of which every driver has some."""

    name = "powersupplyclass"
    options_type = PowerSupplyOptions
    options: PowerSupplyOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(None, self.options.ignored_supplies)

    def collect(self) -> Iterator[Metric]:
        """Yield each attribute that a supply has, and its texts."""
        names = self.files.sys_names(_FOLDER)
        if not names and not self.files.sys_has(_FOLDER):
            raise NoData("the kernel was built without power supplies")
        table = Table()
        info = []
        for name in filter(self._selected, names):
            values = self.files.sys(f"{_FOLDER}/{name}", self._attributes(name))
            for metric in _figures(name, values):
                table.add(metric)
            info.append(((name, *(text(values.get(key, b"")) for key in _INFO)), 1.0))
        yield from table.metrics()
        documentation = "What the power supply says of itself."
        if info:
            yield Metric("node_power_supply_info", "gauge", documentation, ("power_supply", *_INFO), info)

    def _attributes(self, name: str) -> Sequence[str]:
        return [file for file in self.files.sys_names(f"{_FOLDER}/{name}") if file in _DIVISORS or file in _INFO]


def _figures(supply: str, values: dict[str, bytes]) -> Iterator[Metric]:
    for attribute, divisor in _DIVISORS.items():
        value = number(values.get(attribute, b""))
        if value is not None:
            name = _METRICS.get(attribute, attribute)
            documentation = f"{name} value of /sys/class/power_supply/<power_supply>."
            rows = [((supply,), value / divisor)]
            yield Metric(f"node_power_supply_{name}", "gauge", documentation, ("power_supply",), rows)
