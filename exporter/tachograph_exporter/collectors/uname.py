"""The kernel's name and version, from /proc/sys/kernel."""

import os
from collections.abc import Iterator

from ..exposition.metric import Labels, Metric
from ..host import Host
from .collector import Collector
from .files import text
from .options import Options

_LABELS = ("sysname", "release", "version", "machine", "nodename", "domainname")
_FIXED = ("ostype", "osrelease", "version", "arch")  # until the next boot
_VARIABLE = ("hostname", "domainname")


class Uname(Collector):
    """Reads what uname(2) answers; unlike os.uname these files know the domain too."""

    name = "uname"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._fixed: Labels = ()

    def collect(self) -> Iterator[Metric]:
        """Yield node_uname_info."""
        self._fixed = self._fixed or tuple(map(self._value, _FIXED))
        labels = (*self._fixed, *map(self._value, _VARIABLE))
        yield Metric("node_uname_info", "gauge", "What uname(2) answers.", _LABELS, [(labels, 1.0)])

    def _value(self, name: str) -> str:
        try:
            return text(self.files.proc(f"sys/kernel/{name}").rstrip(b"\n"))
        except FileNotFoundError:
            return os.uname().machine if name == "arch" else ""  # `arch` came with Linux 6.1
