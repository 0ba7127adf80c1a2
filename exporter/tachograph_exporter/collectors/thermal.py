"""Temperatures of thermal zones and states of what cools them, from /sys/class/thermal."""

from collections.abc import Iterator

from ..exposition.metric import Labels, Metric
from .collector import Collector
from .files import number, text

_FOLDER = "class/thermal"
_COOLING = (("cur_state", "How much the device cools now."), ("max_state", "How much the device can cool."))


class Thermal(Collector):
    """Reads zones and cooling devices (kernel: Documentation/driver-api/thermal/sysfs-api.rst)."""

    name = "thermal_zone"

    def collect(self) -> Iterator[Metric]:
        """Yield node_thermal_zone_temp and node_cooling_device_*."""
        names = self.files.sys_names(_FOLDER)
        zones = [zone for name in names if name.startswith("thermal_zone") for zone in self._zone(name)]
        yield Metric("node_thermal_zone_temp", "gauge", "Degrees Celsius of the zone.", ("zone", "type"), zones)
        devices = {name[14:]: self._device(name) for name in names if name.startswith("cooling_device")}
        for attribute, documentation in _COOLING:
            known = ((name, values, number(values.get(attribute, b""))) for name, values in devices.items())
            rows = [((name, text(values["type"])), state) for name, values, state in known if state is not None]
            yield Metric(f"node_cooling_device_{attribute}", "gauge", documentation, ("name", "type"), rows)

    def _zone(self, name: str) -> Iterator[tuple[Labels, float]]:
        """Yield the zone's row; a sensor that is asleep answers with an error, and so has none."""
        values = self.files.sys(f"{_FOLDER}/{name}", ("type", "temp"))
        degrees = number(values.get("temp", b""))
        if degrees is not None:
            yield (name[12:], text(values.get("type", b""))), degrees / 1000

    def _device(self, name: str) -> dict[str, bytes]:
        return {"type": b"", **self.files.sys(f"{_FOLDER}/{name}", ("type", "cur_state", "max_state"))}
