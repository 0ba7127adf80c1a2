"""The control groups of a host, of version 2, of version 1, or of both side by side."""

from collections.abc import Mapping, Sequence

from ..host import Host
from .cgroup_usage import CONTROLLERS_V1, Hierarchies, Usage, usage_v1, usage_v2
from .files import Files

_ROOT = "fs/cgroup"
_HYBRID = "/unified"
_UNIFIED = ""  # what /proc/self/cgroup calls version 2, also where it is beside version 1


class Tree:
    """Reads groups below a host's /sys/fs/cgroup; which is the exporter's own, /proc/self/cgroup tells."""

    def __init__(self, host: Host, files: Files) -> None:
        self._files = files
        self._hierarchies = Hierarchies(files, f"{host.sys}/{_ROOT}")

    def usages(self, groups: Sequence[str]) -> dict[str, Usage]:
        """Return what the named groups, or the exporter's own, use and may use; nothing where there are no groups."""
        names = self._files.sys_names(_ROOT)
        if not names:
            return {}
        read = self._read_v2 if "cgroup.controllers" in names else self._read_v1
        return dict(read(group) for group in groups or (None,))

    def close(self) -> None:
        """Close what was kept open."""
        self._hierarchies.close()
        self._files.close()

    def _own(self) -> Mapping[str, str]:
        """Return the exporter's group in each hierarchy; that of version 2 has no controller's name."""
        lines = self._files.proc_if_any("self/cgroup").decode(errors="replace").splitlines()
        found: dict[str, str] = {}
        for line in lines:
            _, controllers, group = line.split(":", 2)
            found.update((controller, group) for controller in controllers.split(","))
        return found

    def _read_v2(self, group: str | None) -> tuple[str, Usage]:
        name = self._own().get(_UNIFIED, "/") if group is None else group
        return name, usage_v2(self._hierarchies, "", name, own=group is None)

    def _read_v1(self, group: str | None) -> tuple[str, Usage]:
        own = group is None
        groups = self._own() if group is None else dict.fromkeys((*CONTROLLERS_V1, _UNIFIED), group)
        usage = usage_v1(self._hierarchies, groups, own=own)
        hybrid = usage_v2(self._hierarchies, _HYBRID, groups.get(_UNIFIED, "/"), own=own)
        name = next((groups[one] for one in CONTROLLERS_V1 if groups.get(one, "/") != "/"), "/")
        return name, Usage(usage.numbers, usage.io, hybrid.pressure)
