"""Interrupts by core and kind, from /proc/interrupts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..exposition.metric import Labels, Metric
from ..host import Host
from .collector import Collector
from .files import text
from .options import Options, option, pattern, selector


@dataclass(frozen=True, slots=True)
class InterruptOptions(Options):
    """Which interrupts are reported; a pattern sees `type;info;devices`."""

    name_include: re.Pattern[str] | None = pattern("Interrupts to report; all others are left out.")
    name_exclude: re.Pattern[str] | None = pattern("Interrupts to leave out.")
    include_zeros: bool = option(default=True, documentation="Also report those that never happened.")


class Interrupts(Collector):
    """Reads each interrupt's count on each core; many cores make many series, so it is off by default."""

    name = "interrupts"
    default = False
    options_type = InterruptOptions
    options: InterruptOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._selected = selector(self.options.name_include, self.options.name_exclude)

    def collect(self) -> Iterator[Metric]:
        """Yield node_interrupts_total."""
        header, *lines = self.files.proc("interrupts").splitlines()
        cores = [name.removeprefix("CPU") for name in header.decode().split()]
        rows = [row for line in lines for row in self._rows(line, cores)]
        labels = ("cpu", "type", "info", "devices")
        yield Metric("node_interrupts_total", "counter", "Interrupts, by core and kind.", labels, rows)

    def _rows(self, line: bytes, cores: list[str]) -> Iterator[tuple[Labels, float]]:
        kind, _, rest = line.partition(b":")
        words = rest.split()
        if len(words) <= len(cores):  # ERR and MIS have one count and no text
            return
        name = text(kind.strip())
        counts, described = words[: len(cores)], [text(word) for word in words[len(cores) :]]
        info = described[0] if name.isdigit() else " ".join(described)
        devices = " ".join(described[1:]) if name.isdigit() else ""
        if not self._selected(f"{name};{info};{devices}"):
            return
        for core, count in zip(cores, map(float, counts), strict=True):
            if count or self.options.include_zeros:
                yield (core, name, info, devices), count
