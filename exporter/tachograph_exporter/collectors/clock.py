"""The host's time, its zone and its clock sources."""

import time
from collections.abc import Iterator

from ..exposition.metric import Labels, Metric, gauge
from ..host import Host
from .attributes import Attributes
from .collector import Collector
from .files import text
from .options import Options

_SOURCES = "devices/system/clocksource"
_AVAILABLE, _CURRENT = "available_clocksource", "current_clocksource"
_SOURCE_LABELS = ("device", "clocksource")


class Clock(Collector):
    """Reads the system's clock and, from /sys, what it counts with."""

    name = "time"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._attributes = Attributes(f"{host.sys}/{_SOURCES}", (_AVAILABLE, _CURRENT))

    def collect(self) -> Iterator[Metric]:
        """Yield the time, the offset of its zone and the clock sources that the host can and does use."""
        now = time.time()
        zone = time.localtime(now)
        yield gauge("node_time_seconds", "System time in seconds since 1970.", now)
        offset = [((zone.tm_zone,), float(zone.tm_gmtoff))]
        yield Metric("node_time_zone_offset_seconds", "gauge", "Offset of the time zone.", ("time_zone",), offset)
        yield from self._sources()

    def close(self) -> None:
        """Close what was kept open."""
        super().close()
        self._attributes.close()

    def _sources(self) -> Iterator[Metric]:
        available: list[tuple[Labels, float]] = []
        current: list[tuple[Labels, float]] = []
        for device in self.files.sys_names(_SOURCES):
            number = device.removeprefix("clocksource")
            if number == device:
                continue
            values = self._attributes.read(device)
            available += (((number, source), 1.0) for source in text(values.get(_AVAILABLE, b"")).split())
            current.append(((number, text(values.get(_CURRENT, b""))), 1.0))
        yield Metric("node_time_clocksource_available_info", "gauge", "Usable sources.", _SOURCE_LABELS, available)
        yield Metric("node_time_clocksource_current_info", "gauge", "The source in use.", _SOURCE_LABELS, current)
