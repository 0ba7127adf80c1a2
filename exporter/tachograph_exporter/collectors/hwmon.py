"""Temperatures, fans, voltages, currents and power that the machine's sensors tell, from /sys/class/hwmon."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..exposition.metric import Labels, Metric
from ..host import Host
from .collector import Collector, NoData
from .files import number, text
from .options import Options, pattern, selector
from .sensor import Reading, clean, reading
from .table import Table

_FOLDER = "class/hwmon"
_FILE = re.compile(r"([^0-9]+)([0-9]*)(?:_(.+))?")
_KINDS = frozenset(
    ("vrm", "beep_enable", "update_interval", "in", "cpu", "fan", "pwm", "temp", "curr", "power", "energy",
     "humidity", "intrusion", "freq")
)  # fmt: skip
_LABELS = ("chip", "sensor")

Sensors = dict[tuple[str, str], dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class SensorOptions(Options):
    """Which chips and sensors are reported; a sensor's pattern sees `chip;sensor`."""

    chip_include: re.Pattern[str] | None = pattern("Chips to report; all others are left out.")
    chip_exclude: re.Pattern[str] | None = pattern("Chips to leave out.")
    sensor_include: re.Pattern[str] | None = pattern("Sensors to report, as chip;sensor; all others are left out.")
    sensor_exclude: re.Pattern[str] | None = pattern("Sensors to leave out, as chip;sensor.")


@dataclass(frozen=True, slots=True)
class Chip:
    """A sensor chip: its folder, the device it sits on (the same after each boot), and what its driver calls it."""

    folder: str
    device: str
    driver: str


class HardwareMonitor(Collector):
    """Reads each chip's sensors (kernel: Documentation/hwmon/sysfs-interface.rst)."""

    name = "hwmon"
    options_type = SensorOptions
    options: SensorOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._chip = selector(self.options.chip_include, self.options.chip_exclude)
        self._sensor = selector(self.options.sensor_include, self.options.sensor_exclude)

    def collect(self) -> Iterator[Metric]:
        """Yield what each sensor tells, in units without prefix, and the chips' names."""
        chips = [self._found(folder) for folder in self.files.sys_names(_FOLDER)]
        if not chips:
            raise NoData("the kernel has no driver for a sensor of this machine")
        table = Table()
        names: list[tuple[Labels, float]] = []
        for chip, label in zip(chips, _labels(chips), strict=True):
            if self._chip(label):
                if chip.driver:
                    names.append(((label, chip.driver), 1.0))
                for metric in self._metrics(label, self._sensors(chip)):
                    table.add(metric)
        yield Metric("node_hwmon_chip_names", "gauge", "The chip's name.", ("chip", "chip_name"), names)
        yield from table.metrics()

    def _found(self, name: str) -> Chip:
        folder = f"{_FOLDER}/{name}"
        path = f"{self.host.sys}/{folder}/device"
        device = ""
        if os.path.exists(path):  # noqa: PTH110 - strings all the way: a Path costs more than the look
            bus, _, last = os.path.realpath(path).rpartition("/")
            device = "_".join(filter(None, (clean(bus.rpartition("/")[2]), clean(last))))
        return Chip(folder, device, clean(self.files.sys_text(f"{folder}/name")))

    def _sensors(self, chip: Chip) -> Sensors:
        """Return each sensor's elements; old drivers have them in the device's folder."""
        sensors: Sensors = {}
        for folder in (chip.folder, f"{chip.folder}/device"):
            files = {file: found for file in self.files.sys_names(folder) if (found := _FILE.fullmatch(file))}
            wanted = [file for file, found in files.items() if found[1] in _KINDS]
            for file, value in self.files.sys(folder, wanted).items():
                kind, digits, element = files[file].groups("")
                sensors.setdefault((kind, f"{kind}{int(digits or 0)}"), {})[element] = value
        return sensors

    def _metrics(self, chip: str, sensors: Sensors) -> Iterator[Metric]:
        for (kind, sensor), elements in sensors.items():
            if not self._sensor(f"{chip};{sensor}"):
                continue
            label = text(elements.pop("label", b""))
            if label:
                documentation = "The sensor's label."
                rows = [((chip, sensor, label), 1.0)]
                yield Metric("node_hwmon_sensor_label", "gauge", documentation, (*_LABELS, "label"), rows)
            for element, raw in elements.items():
                value, meaning = number(raw), reading(kind, element, level="" in elements)
                if value is not None and meaning is not None:
                    yield from _metric(meaning, chip, clean(label) if kind == "freq" else sensor, value)


def _metric(meaning: Reading, chip: str, sensor: str, value: float) -> Iterator[Metric]:
    if sensor:  # a frequency without a label says nothing
        rows = [((chip, sensor), value * meaning.factor / meaning.divisor)]
        yield Metric(meaning.name, meaning.kind, meaning.documentation, _LABELS, rows)


def _labels(chips: Sequence[Chip]) -> Iterator[str]:
    """Yield each chip's label: its device, and where two chips share one, also the driver or the folder."""
    bases = [chip.device or chip.driver or clean(chip.folder.rpartition("/")[2]) for chip in chips]
    shared = Counter(bases)
    twins = Counter(zip(bases, (chip.driver for chip in chips), strict=True))
    for base, chip in zip(bases, chips, strict=True):
        if shared[base] == 1:
            yield base
        elif chip.driver and twins[base, chip.driver] == 1:
            yield f"{base}_{chip.driver}"
        else:
            yield f"{base}_{clean(chip.folder.rpartition('/')[2])}"
