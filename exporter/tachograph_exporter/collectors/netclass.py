"""State, speed, addresses and settings of each network interface, from /sys/class/net."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..exposition.metric import Kind, Labels, Metric
from ..host import Host
from .attributes import Attributes
from .collector import Collector
from .files import text
from .link_events import LinkEvents
from .options import Options, option, pattern, selector

_FOLDER = "class/net"
# The attribute, the metric and its kind (kernel: Documentation/ABI/testing/sysfs-class-net).
_PROPERTIES: tuple[tuple[str, str, Kind], ...] = (
    ("addr_assign_type", "address_assign_type", "gauge"),
    ("carrier", "carrier", "gauge"),
    ("carrier_changes", "carrier_changes_total", "counter"),
    ("carrier_down_count", "carrier_down_changes_total", "counter"),
    ("carrier_up_count", "carrier_up_changes_total", "counter"),
    ("dev_id", "device_id", "gauge"),
    ("dormant", "dormant", "gauge"),
    ("flags", "flags", "gauge"),
    ("ifindex", "iface_id", "gauge"),
    ("iflink", "iface_link", "gauge"),
    ("link_mode", "iface_link_mode", "gauge"),
    ("mtu", "mtu_bytes", "gauge"),
    ("name_assign_type", "name_assign_type", "gauge"),
    ("netdev_group", "net_dev_group", "gauge"),
    ("tx_queue_len", "transmit_queue_length", "gauge"),
    ("type", "protocol_type", "gauge"),
)
_NUMBERS = tuple(
    (attribute, f"node_network_{name}", kind, f"Network device property: {name}")
    for attribute, name, kind in _PROPERTIES
)
_TEXTS = ("address", "broadcast", "duplex", "ifalias", "operstate")
_ATTRIBUTES = (*(attribute for attribute, *_ in _NUMBERS), *_TEXTS, "speed")
_INFO_LABELS = ("device", "address", "broadcast", "duplex", "operstate", "adminstate", "ifalias")
_MEGABIT_BYTES = 1_000_000 / 8
_FLAG_UP = 1

Device = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class NetworkClassOptions(Options):
    """Which interfaces are reported, and how."""

    ignored_devices: re.Pattern[str] | None = pattern("Interfaces to leave out.")
    ignore_invalid_speed: bool = option(default=False, documentation="Leave out speeds that the driver does not know.")


class NetworkClass(Collector):
    """Reads each interface's attributes; what a kind of interface does not have, or refuses while down, is left out."""

    name = "netclass"
    options_type = NetworkClassOptions
    options: NetworkClassOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(None, self.options.ignored_devices)
        self._attributes = Attributes(f"{host.sys}/{_FOLDER}", _ATTRIBUTES)
        self._events = LinkEvents(host)
        self._made: tuple[Mapping[str, Device], Sequence[Metric]] = {}, ()

    def collect(self) -> Iterator[Metric]:
        """Return each attribute, by interface, as it was where the kernel told of no change."""
        if self._events.changed():
            self._look()
        return iter(self._made[1])

    def close(self) -> None:
        """Close what was kept open."""
        super().close()
        self._attributes.close()
        self._events.close()

    def _look(self) -> None:
        names = list(filter(self._selected, self.files.sys_names(_FOLDER)))
        self._attributes.keep(names)
        found = {name: self._attributes.read(name) for name in names}
        if found != self._made[0]:
            # what has no flags is no interface (bonding_masters) or was unplugged just now
            devices = {name: values for name, values in found.items() if values.get("flags")}
            self._made = found, tuple(self._metrics(devices))

    def _metrics(self, devices: Mapping[str, Device]) -> Iterator[Metric]:
        for attribute, name, kind, documentation in _NUMBERS:
            rows = [
                ((device,), _integer(values[attribute])) for device, values in devices.items() if values.get(attribute)
            ]
            yield Metric(name, kind, documentation, ("device",), rows)
        info = [(_info(device, values), 1.0) for device, values in devices.items()]
        yield Metric("node_network_info", "gauge", "What is no number of an interface.", _INFO_LABELS, info)
        yield Metric(
            "node_network_speed_bytes", "gauge", "Speed of the link.", ("device",), list(self._speeds(devices))
        )
        up = [((device,), float(values.get("operstate") == b"up")) for device, values in devices.items()]
        yield Metric("node_network_up", "gauge", "1 where the interface's state is up, else 0.", ("device",), up)

    def _speeds(self, devices: Mapping[str, Device]) -> Iterator[tuple[Labels, float]]:
        for device, values in devices.items():
            megabits = values.get("speed")
            if megabits and not (self.options.ignore_invalid_speed and megabits.startswith(b"-")):
                yield (device,), float(megabits) * _MEGABIT_BYTES


def _integer(value: bytes) -> float:
    return float(int(value, 0))  # flags and dev_id are hexadecimal


def _info(name: str, values: Device) -> Labels:
    address, broadcast, duplex, alias, state = (text(values.get(key, b"")) for key in _TEXTS)
    admin_state = "up" if int(values["flags"], 0) & _FLAG_UP else "down"
    return (name, address, broadcast, duplex, state, admin_state, alias)
