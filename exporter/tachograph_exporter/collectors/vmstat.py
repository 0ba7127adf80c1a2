"""Paging, swapping and out-of-memory kills, from /proc/vmstat."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..exposition.metric import Metric
from ..host import Host
from .collector import Collector
from .options import Options, pattern
from .unchanged import Singles

_FIELDS = "^(oom_kill|pgpg|pswp|pg.*fault).*"


@dataclass(frozen=True, slots=True)
class VmstatOptions(Options):
    """Which fields are reported."""

    fields: re.Pattern[str] | None = pattern("Fields to report.", default=_FIELDS)


class Vmstat(Collector):
    """Reads the wanted ones of the kernel's memory events (kernel: mm/vmstat.c)."""

    name = "vmstat"
    options_type = VmstatOptions
    options: VmstatOptions

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._wanted = self.options.fields or re.compile(_FIELDS)
        self._layout: Sequence[tuple[bytes, str, str]] = ()
        self._singles = Singles("unknown")

    def collect(self) -> Iterator[Metric]:
        """Yield node_vmstat_NAME of each wanted field."""
        data = b"\n" + self.files.proc("vmstat")
        if not self._layout:
            self._layout = tuple(self._found(data.split()[::2]))
        for before, name, documentation in self._layout:
            start = data.index(before) + len(before)
            yield self._singles.metric(name, documentation, data[start : data.index(b"\n", start)])

    def _found(self, names: Sequence[bytes]) -> Iterator[tuple[bytes, str, str]]:
        for raw in names:
            name = raw.decode()
            if self._wanted.search(name):
                yield b"\n%b " % raw, f"node_vmstat_{name}", f"/proc/vmstat information field {name}."
