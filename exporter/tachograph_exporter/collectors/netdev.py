"""Bytes, packets, errors and drops by network interface, and the share of the link in use, from /proc/net/dev."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..exposition.metric import Labels, Metric
from ..host import Host
from .attributes import Attributes
from .collector import Collector
from .files import number, text
from .link_events import LinkEvents
from .options import Options, pattern, selector
from .unchanged import Columns

# The columns in the kernel's order (kernel: net/core/net-procfs.c, dev_seq_printf_stats).
_RECEIVED = ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")
_SENT = ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")
_COLUMNS = tuple(
    (f"node_network_{direction}_{column}_total", f"Network device statistic {direction}_{column}.")
    for direction, columns in (("receive", _RECEIVED), ("transmit", _SENT))
    for column in columns
)
_RECEIVE_BYTES, _TRANSMIT_BYTES = 0, 8
_MEGABIT_BYTES = 1_000_000 / 8
_WINDOW_SECONDS = 1.0
_WITHOUT_HANDLER = "statistics/rx_nohandler"

Carried = Mapping[str, tuple[float, float]]  # the bytes received and sent, by interface


@dataclass(frozen=True, slots=True)
class NetworkDeviceOptions(Options):
    """Which interfaces are reported."""

    device_include: re.Pattern[str] | None = pattern("Interfaces to report; all others are left out.")
    device_exclude: re.Pattern[str] | None = pattern("Interfaces to leave out.")


class NetworkDevices(Collector):
    """Reads the kernel's counters of each interface."""

    name = "netdev"
    options_type = NetworkDeviceOptions
    options: NetworkDeviceOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(self.options.device_include, self.options.device_exclude)
        self._attributes = Attributes(f"{host.sys}/class/net", (_WITHOUT_HANDLER,))
        self._speeds = Attributes(f"{host.sys}/class/net", ("speed",))
        self._events = LinkEvents(host)
        self._link_bytes: Mapping[str, float] = {}
        self._columns = Columns(("device",))
        self._links = Links()
        with suppress(OSError, ValueError, IndexError):  # the first scrape then has a window, since the start
            self._links.begin(_carried(dict(self._devices())), time.monotonic())

    def collect(self) -> Iterator[Metric]:
        """Yield each column, the packets no protocol took, and the links' use since the scrape before."""
        devices = dict(self._devices())
        self._attributes.keep(devices)
        attributes = {name: self._attributes.read(name) for name in devices}
        labels: list[Labels] = [(name,) for name in devices]
        for (name, documentation), column in zip(_COLUMNS, zip(*devices.values(), strict=False), strict=False):
            yield self._columns.metric(name, "counter", documentation, labels, column)
        yield from _without_handler(attributes)
        if self._events.changed(tuple(devices)):
            self._speeds.keep(devices)
            self._link_bytes = _link_bytes({name: self._speeds.read(name) for name in devices})
        yield from self._links.ratios(_carried(devices), self._link_bytes, time.monotonic())

    def close(self) -> None:
        """Close what was kept open."""
        super().close()
        for open_ in (self._attributes, self._speeds, self._events):
            open_.close()

    def _devices(self) -> Iterator[tuple[str, list[bytes]]]:
        for line in self.files.proc("net/dev").splitlines()[2:]:
            raw_name, _, columns = line.rpartition(b":")
            name = text(raw_name.strip())
            if self._selected(name):
                yield name, columns.split()


def _carried(devices: Mapping[str, Sequence[bytes]]) -> Carried:
    return {name: (float(raw[_RECEIVE_BYTES]), float(raw[_TRANSMIT_BYTES])) for name, raw in devices.items()}


def _without_handler(attributes: Mapping[str, Mapping[str, bytes]]) -> Iterator[Metric]:
    counts = (((name,), number(values.get(_WITHOUT_HANDLER, b""))) for name, values in attributes.items())
    rows = [(label, count) for label, count in counts if count is not None]
    if rows:
        documentation = "Network device statistic receive_nohandler."
        yield Metric("node_network_receive_nohandler_total", "counter", documentation, ("device",), rows)


def _link_bytes(attributes: Mapping[str, Mapping[str, bytes]]) -> dict[str, float]:
    """Return the bytes a second that each link carries, of those whose driver knows (-1: it does not)."""
    speeds = ((name, number(values.get("speed", b""))) for name, values in attributes.items())
    return {name: megabits * _MEGABIT_BYTES for name, megabits in speeds if megabits is not None and megabits > 0}


class Links:
    """The share of each link in use over a window of at least a second."""

    def __init__(self) -> None:
        self._before: Carried = {}
        self._began = 0.0
        self._rows: list[tuple[Labels, float]] = []

    def begin(self, devices: Carried, now: float) -> None:
        """Begin a window with these counters."""
        self._before, self._began = devices, now

    def ratios(self, devices: Carried, link_bytes: Mapping[str, float], now: float) -> Iterator[Metric]:
        """Yield the links' use since the window began; nothing until a first window has passed."""
        seconds = now - self._began
        if not self._before:
            self.begin(devices, now)
        elif seconds >= _WINDOW_SECONDS:
            self._rows = list(self._used(devices, link_bytes, seconds))
            self.begin(devices, now)
        rows = [row for row in self._rows if row[0][0] in devices]
        if rows:
            documentation = "Share of the link's speed in use since the scrape before, 0 to 1."
            yield Metric("tachograph_network_utilization_ratio", "gauge", documentation, ("device", "direction"), rows)

    def _used(
        self, devices: Carried, link_bytes: Mapping[str, float], seconds: float
    ) -> Iterator[tuple[Labels, float]]:
        for name, possible in link_bytes.items():
            before = self._before.get(name)
            if before is None:
                continue
            for direction, now, then in zip(("receive", "transmit"), devices[name], before, strict=True):
                # a counter that wrapped or was reset says nothing about this window
                carried = max(0.0, now - then)
                yield (name, direction), carried / seconds / possible
